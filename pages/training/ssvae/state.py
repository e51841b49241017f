"""Which images this tab teaches."""

import streamlit as st

from ipo.digits.data import MNIST
from ipo.keys import Keys
from ipo.services.digits import DigitsService
from ipo.ui.runtime.process import workspace


def chosen_service() -> DigitsService:
    return workspace().digits_services.service(st.session_state.get(Keys.SSVAE_DATA) or MNIST)
