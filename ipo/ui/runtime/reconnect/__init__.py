"""Runs the whole page when the server is back.

A server that was started again knows nothing of this tab's fragments, and Streamlit runs nothing of an idle
tab by itself: whatever a fragment then asked for would come to nothing.
"""

from pathlib import Path

from ipo.keys import Keys
from ipo.ui.components.browser_data import Component

_resume = Component(
    "ipo_resume", js=(Path(__file__).parent / "reconnect.js").read_text(), html="<span></span>"
)


def resume() -> None:
    """Must be drawn outside of fragments."""
    _resume(key=Keys.SIDEBAR_RESUME, on_back_change=lambda: None, height=1)
