"""Choices that only a fragment heard of.

A busy browser may send the change of a widget of the page together with an event of a fragment, as if both
were the fragment's: then Streamlit draws the fragment alone. So a page notes which choices it was drawn with,
and its fragment looks whether there are others by now.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from ipo.keys import Keys
from ipo.ui.assigned import assign, undo_echoes


def choose(choices: Mapping[str, Any]) -> None:
    """In a callback of a fragment: have the next run of the page show these choices.

    An event beside it would bring back what the browser shows, if they were put into the widgets at once.
    """
    st.session_state[Keys.CHOICES_MISSED] = dict(choices)


def bring_back() -> None:
    """Put what a fragment heard of, or chose, into the widgets. Before they are drawn."""
    for key, value in st.session_state.pop(Keys.CHOICES_MISSED, {}).items():
        assign(key, value)


def note(keys: Iterable[str]) -> None:
    """Note which choices the page is drawn with. Once its widgets are drawn."""
    st.session_state[Keys.CHOICES_DRAWN] = {key: st.session_state.get(key) for key in keys}


def follow() -> None:
    """In a fragment: draw the page, if there are other choices than those that it was drawn with."""
    undo_echoes()
    drawn: dict[str, Any] = st.session_state.get(Keys.CHOICES_DRAWN, {})
    now = {key: st.session_state.get(key) for key in drawn}
    missed = {key: value for key, value in now.items() if value is not None and value != drawn[key]}
    if missed:
        st.session_state[Keys.CHOICES_MISSED] = missed
        st.rerun()
