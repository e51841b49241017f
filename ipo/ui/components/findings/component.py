"""The list of what is wrong with a training, worst first. It changes without a run of the page."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from ipo.services.inspector.live_content import LiveContent
from ipo.ui.components.browser_data import Component
from ipo.ui.components.findings.sources import FINDINGS
from ipo.ui.components.live_source import live_source

_findings = Component("ipo_findings", html=FINDINGS.html, css=FINDINGS.css, js=FINDINGS.live_script)


def live_findings(
    live: LiveContent,
    content: Callable[[], Mapping[str, Any] | None],
    *,
    on_show: Callable[[str], None],
    on_dismiss: Callable[[str], None],
    on_restore: Callable[[], None],
    key: str,
) -> None:
    """Show what `content` gives whenever that may be another: it is called on threads of the server.

    `{"summary": …, "dismissed": n, "rows": [{"id", "severity", "says", "evidence", "steps", "details",
    "panel"}, …]}`, where `details` are pairs of a name and a text, and `panel` is the key of what *Show*
    scrolls to.
    Callbacks get the id of a row, before the rerun of the fragment that this stands in.
    """

    def said(name: str) -> Any:
        state = st.session_state.get(key)
        return state.get(name) if state else None

    def shown() -> None:
        if isinstance(id_ := said("show"), str):
            on_show(id_)

    def dismissed() -> None:
        if isinstance(id_ := said("dismiss"), str):
            on_dismiss(id_)

    def restored() -> None:
        if said("restore"):
            on_restore()

    _findings(
        key=key,
        data={"source": live_source(live, key, content)},
        on_show_change=shown,
        on_dismiss_change=dismissed,
        on_restore_change=restored,
    )
