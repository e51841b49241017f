"""Where there are no mails: the offer to fetch some, and to bring one's own."""

import streamlit as st

from ipo.keys import Keys
from ipo.mail.corpus import TITLE
from ipo.ui.fetch import draw_fetch, draw_lines
from ipo.ui.mail.chosen import chosen_service
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.process import workspace
from pages.training.train_stage import versions
from pages.training.train_stage.importing import render_import


@live_panel(Keys.TRAIN_STAGE_EMPTY_PANEL, versions.empty)
def render_empty() -> None:
    """The page is drawn once there are mails."""
    services, fetch = workspace().mail_services, workspace().fetches.mail
    if chosen_service() is not None:
        st.rerun()
    st.info(
        "Teach a spam filter from labelled mails, see why it decides as it does, and correct it. To begin "
        "with, fetch 6,000 real mails of a public corpus: 10 MB, once.",
        icon=":material/mark_email_read:",
    )
    draw_fetch(TITLE, fetch, services.list_now, key=Keys.FETCH_MAIL, command="ipo fetch mail")
    if fetch.problem:
        draw_lines(fetch.problem)
    st.caption("Or bring your own:")
    render_import()
