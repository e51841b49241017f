"""Which images this tab teaches, on every page about them."""

import streamlit as st

from ipo.digits.data import MNIST
from ipo.keys import Keys
from ipo.services.digits.service import DigitsService
from ipo.ui.runtime.process import workspace


def chosen_service() -> DigitsService:
    return workspace().digits_services.service(st.session_state.get(Keys.DIGITS_DATA) or MNIST)


def draw_choice(*, label: bool = True) -> None:
    """Which images, where there is a choice."""
    services = workspace().digits_services
    services.list()
    if len(services.sets) > 1:
        st.selectbox(
            "Images",
            services.sets,
            key=Keys.DIGITS_DATA,
            label_visibility="visible" if label else "collapsed",
            width=260 if label else 140,
            bind="query-params",
        )
