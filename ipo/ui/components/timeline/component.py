"""The timeline: scalars over all steps, drawn by the browser. It changes without a run of the page."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from ipo.services.inspector.live_content import LiveContent
from ipo.ui.components.browser_data import Component
from ipo.ui.components.live_source import live_source
from ipo.ui.components.timeline.sources import TIMELINE

_timeline = Component("ipo_timeline", html=TIMELINE.html, css=TIMELINE.css, js=TIMELINE.live_script)


def live_timeline(
    live: LiveContent,
    content: Callable[[], Mapping[str, Any] | None],
    *,
    rows: int,
    on_click: Callable[[int], None],
    key: str,
) -> None:
    """Show what `content` gives, see `lines.timeline`, with so many rows.

    `on_click` gets the step that was clicked, before the rerun of the fragment that this stands in.
    """

    def on_step() -> None:
        state = st.session_state.get(key)
        step = state.get("step") if state else None
        if isinstance(step, int):
            on_click(step)

    _timeline(key=key, data={"rows": rows, "source": live_source(live, key, content)}, on_step_change=on_step)
