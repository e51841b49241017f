"""Which fragments of a page show something older than what is there: views compare versions.

A fragment notes the version of what it is about to show. The page's heartbeat draws again those whose version
is another by now, and nothing else.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ipo.keys import Keys


def note(fragment: str, version: Any) -> None:
    """Say what a fragment shows; to be called before it reads anything."""
    _drawn()[fragment] = version


def due(versions: Mapping[str, Any]) -> list[str]:
    """The fragments to draw again, given what they would show now."""
    drawn = _drawn()
    return [fragment for fragment, version in versions.items() if drawn.get(fragment) != version]


def _drawn() -> dict[str, Any]:
    drawn: dict[str, Any] = st.session_state.setdefault(Keys.DRAWN_VERSIONS, {})
    return drawn
