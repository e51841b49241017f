"""Widgets that code has show something, beside what users choose in them.

Two things of Streamlit stand in the way. It warns of a widget that has a default and is given a value too.
And every message of the browser carries the values of all widgets: an event of a fragment, sent before
the browser has heard of a new value, brings the old one back, as if somebody had chosen it.
"""

import time
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ipo.keys import Keys

ECHO_SECONDS = 1.0  # within which an old value that comes back is nobody's choice

T = TypeVar("T")


def assign(key: str, value: Any) -> None:
    """Have the widget `key`, which is drawn later, show `value`."""
    before = st.session_state.get(key)
    if before not in (None, value):
        lately = st.session_state.setdefault(Keys.ASSIGNED_LATELY, {})
        lately[key] = (before, value, time.monotonic())
    st.session_state[key] = value
    st.session_state.setdefault(Keys.CURATION_ASSIGNED, set()).add(key)


def undo_echoes() -> None:
    """In the run of a fragment, take back old values that came with its event.

    What users choose outside of fragments comes with a run of the page.
    """
    context = get_script_run_ctx()
    if context is None or not context.fragment_ids_this_run:
        return
    for key, (before, value, at) in st.session_state.get(Keys.ASSIGNED_LATELY, {}).items():
        if st.session_state.get(key) == before and time.monotonic() - at < ECHO_SECONDS:
            st.session_state[key] = value


def default_of(key: str, default: T, none: T) -> T:
    """The default of the widget `key`, or `none` when it was just given a value: Streamlit warns of both."""
    assigned: set[str] = st.session_state.get(Keys.CURATION_ASSIGNED, set())
    if key not in assigned:
        return default
    assigned.remove(key)
    return none
