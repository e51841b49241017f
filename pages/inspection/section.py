"""A section of the page about the step on view."""

from collections.abc import Callable

import streamlit as st

from ipo.ui.text import plain
from pages.inspection import state
from pages.inspection.state import Shown


def draw_in_section(
    title: str,
    key: str,
    draw: Callable[[Shown], None],
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
            return
        shown = state.shown(session)
        if shown.snapshot is None:
            st.caption(plain(shown.missing))
        else:
            draw(shown)
