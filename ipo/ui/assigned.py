"""Widgets with a default of their own that code has show something else."""

from typing import Any, TypeVar

import streamlit as st

from ipo.keys import Keys

T = TypeVar("T")


def assign(key: str, value: Any) -> None:
    """Have the widget `key`, which is drawn later, show `value`."""
    st.session_state[key] = value
    st.session_state.setdefault(Keys.CURATION_ASSIGNED, set()).add(key)


def default_of(key: str, default: T, none: T) -> T:
    """The default of the widget `key`, or `none` when it was just given a value: Streamlit warns of both."""
    assigned: set[str] = st.session_state.get(Keys.CURATION_ASSIGNED, set())
    if key not in assigned:
        return default
    assigned.remove(key)
    return none
