"""Curate › Mailbox: read mails beside what a filter says of them, label them by single keys, train again."""

import streamlit as st

from ipo.keys import Keys
from ipo.ui.components.mailbox.component import draw_mailbox
from ipo.ui.html import draw_style
from ipo.ui.mail.chosen import chosen_mailbox, chosen_service, draw_choice
from ipo.ui.runtime.live_page import live_panel
from pages.curation.mailbox import versions
from pages.curation.mailbox.audit import render_audit
from pages.curation.mailbox.empty import render_empty
from pages.curation.mailbox.export import render_export
from pages.curation.mailbox.training import render_controls, render_state

BELOW = ("Audit log", "Export")

# The mailbox is the page: it takes the width that others leave free at their sides.
_STYLE = '[data-testid="stMainBlockContainer"] { padding-left: 1.5rem; padding-right: 1.5rem; }'


def render() -> None:
    draw_style(_STYLE)
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row:
        draw_choice()
    service = chosen_service()
    if service is None:
        render_empty()
        return
    service.look()
    with row:
        with st.container():
            render_state()
        with st.container(width="content"):
            render_controls()
    render_mailbox()
    render_below()


@live_panel(Keys.MAILBOX_PANEL, versions.mailbox)
def render_mailbox() -> None:
    draw_mailbox(chosen_mailbox(), key=Keys.MAILBOX)


@live_panel(Keys.MAILBOX_BELOW_PANEL, versions.mailbox)
def render_below() -> None:
    """What is not looked at is not drawn."""
    audit, export = st.tabs(BELOW, key=Keys.MAILBOX_BELOW, on_change="rerun")
    if audit.open:
        with audit:
            render_audit()
    if export.open:
        with export:
            render_export()


render()
