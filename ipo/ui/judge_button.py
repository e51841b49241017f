"""The way out of a place that is empty until images have been judged."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.page_paths import PREFERENCES
from ipo.ui.preference import selection
from ipo.ui.runtime import widgets

QUEUE = "Queue"  # the mode of Preferences that shows one image after the other


def draw_judge_button(key: Keys) -> None:
    """*Judge images*: to the queue of this tab's session."""
    st.button(
        "Judge images",
        key=key,
        type="primary",
        icon=":material/thumbs_up_down:",
        on_click=_open_queue,
    )


def _open_queue() -> None:
    session = selection.selected()
    if session is not None:
        selection.remember_choice(session.key)
    widgets.choose_next({Keys.CURATION_MODE: QUEUE})
    if st.session_state[Keys.PAGE_FRAGMENT] == Keys.CURATION_NEWS_PANEL:
        st.rerun()
    st.switch_page(PREFERENCES)
