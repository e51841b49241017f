"""What stands in for a page about digits while MNIST is not there."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.digits import versions
from ipo.ui.digits.chosen import chosen_service
from ipo.ui.fetch_mnist import draw_without_mnist
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.process import workspace
from ipo.ui.text import plain


@live_panel(Keys.DIGITS_FETCH_PANEL, versions.without_data)
def render_without_data(says: str) -> None:
    """`says` what the page does with the digits. The page is drawn once they are there."""
    digits_service = chosen_service()
    if digits_service.has_data:
        st.rerun()
    draw_without_mnist(plain(says), workspace().fetches.mnist, digits_service.retry)
