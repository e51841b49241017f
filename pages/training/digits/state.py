"""Which images this tab teaches."""

import streamlit as st

from ipo.digits.data import MNIST
from ipo.keys import Keys
from ipo.ui.teaching import Teaching
from ipo.ui.workspace import workspace


def teaching() -> Teaching:
    return workspace().teachings.of(st.session_state.get(Keys.SSVAE_DATA) or MNIST)
