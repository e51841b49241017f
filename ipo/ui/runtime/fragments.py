"""Callbacks that have fragments drawn, or the whole page."""

from typing import NoReturn

import streamlit as st

from ipo.keys import Keys


def only(*fragments: str) -> NoReturn:
    """Draw these fragments and the page's own. For callbacks.

    The last is drawn in any case: this cuts short a run under way, which may have been its.
    """
    page = st.session_state[Keys.PAGE_FRAGMENT]
    st.rerun([*fragments, *([] if page is None else [page])])


def whole_page() -> None:
    """`on_change` of every widget outside of fragments.

    If an event whose callback names fragments arrives at the same moment, Streamlit draws nothing but these,
    unless the callback of another widget returned without a wish.
    """
