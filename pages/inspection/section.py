"""A section of the page about the step on view, and what it says in words."""

from collections.abc import Callable

import streamlit as st

from ipo.inspector.inspected import Inspected
from ipo.ui.components.live_html.component import live_html
from ipo.ui.html import Html, div
from ipo.ui.text import plain
from pages.inspection import state
from pages.inspection.state import Shown

PANEL_HEIGHT = 380  # of the batch and what is beside it, before there is any


def draw_in_section(
    title: str,
    key: str,
    draw: Callable[[Inspected], None],
    *,
    expanded: bool = False,
) -> None:
    """`draw` what is there in an expander, or say why nothing is. Closed, it computes nothing."""
    panel = st.expander(title, key=key, on_change="rerun", expanded=expanded)
    state.view().open_sections[key] = bool(panel.open)
    if not panel.open:
        return
    session = state.session()
    with panel:
        if session is None:
            st.caption(plain(state.no_session()))
        else:
            draw(session)


def draw_caption(says: Callable[[Shown], str], *, key: str) -> None:
    """What is to be said of the step on view, a line each; or why it is not to be had."""

    def content(shown: Shown) -> Html:
        return caption(shown.missing if shown.snapshot is None else says(shown))

    live_html(state.view().live, state.live(content), key=key)


def caption(text: str) -> Html:
    """Quiet words, a line each."""
    return div(*(div(line) for line in text.splitlines()), class_="ipo-caption") if text else Html()
