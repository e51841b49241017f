"""Which images this tab teaches."""

import streamlit as st

from ipo.digits.data import MNIST
from ipo.keys import Keys
from ipo.services.digits import DigitsService
from ipo.ui.runtime.process import workspace


def teaching() -> DigitsService:
    return workspace().teachings.of(st.session_state.get(Keys.SSVAE_DATA) or MNIST)
