"""Where there are no mails: the way to some."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.mail.chosen import chosen_service
from ipo.ui.page_paths import TRAIN_STAGE
from ipo.ui.runtime.live_page import live_panel
from pages.curation.mailbox import versions


@live_panel(Keys.MAILBOX_EMPTY_PANEL, versions.empty)
def render_empty() -> None:
    """The page is drawn once there are mails."""
    if chosen_service() is not None:
        st.rerun()
    st.info(
        "Read mails, label spam with single keys, and see what a filter decides about each, and why. "
        "There are no mails yet: fetch 6,000 from a public corpus, or import your own.",
        icon=":material/inbox:",
    )
    if st.button(
        "Fetch or import mails",
        key=Keys.MAILBOX_FETCH,
        type="primary",
        icon=":material/mark_email_read:",
    ):
        st.switch_page(TRAIN_STAGE)
