"""Points that the map is to select because somebody asked for them outside of it."""

import secrets
from collections.abc import Sequence
from typing import Any

import streamlit as st

from ipo.keys import Keys


def requested_selection() -> dict[str, Any] | None:
    """What the map selects once: rows, and an id that is another for each request."""
    request: dict[str, Any] | None = st.session_state.get(Keys.MAP_SELECTION)
    return request


def select_on_map(rows: Sequence[int]) -> None:
    """In a callback: have the map select these images."""
    st.session_state[Keys.MAP_SELECTION] = {"id": secrets.token_urlsafe(6), "rows": list(rows)}
    st.rerun(Keys.MAP_PANEL)
