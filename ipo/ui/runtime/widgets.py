"""Values that code gives to widgets, beside what users choose in them.

Four things of Streamlit stand in the way:

1. It tells the browser of such a value with one drawing only. If another follows before the browser came to
   that, it shows the old value, and sends it back with the next click as if somebody had chosen it.
2. It warns of a widget that has a default and is given a value too.
3. Every message of the browser carries the values of all widgets: one that was sent before the browser heard
   of a new value brings the old one back.
4. The change of a widget of the page may come together with an event of a fragment, as if both were the
   fragment's: then the fragment is drawn alone.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ipo.keys import Keys
from ipo.ui.runtime.rerun import is_pushed

ECHO_SECONDS = 1.0  # within which an old value that comes back is nobody's choice

T = TypeVar("T")


def show_in(key: str, value: Any) -> None:
    """Have the widget `key`, which is drawn next, show `value`: until the browser sends anything (1).

    A value that the browser shows already is left alone: given again, it would replace what is being typed.
    """
    unseen: set[str] = st.session_state.setdefault(Keys.WIDGETS_UNSEEN, set())
    if key not in st.session_state or st.session_state[key] != value or key in unseen:
        st.session_state[key] = value
        unseen.add(key)


def note_browser() -> None:
    """At the beginning of a run: if the browser asked for it, it has drawn what widgets were given before."""
    if not is_pushed():
        st.session_state.pop(Keys.WIDGETS_UNSEEN, None)


def assign(key: str, value: Any) -> None:
    """Have the widget `key`, which is drawn later, show `value`."""
    before = st.session_state.get(key)
    if before not in (None, value):
        lately = st.session_state.setdefault(Keys.WIDGETS_ASSIGNED_LATELY, {})
        lately[key] = (before, value, time.monotonic())
    st.session_state[key] = value
    st.session_state.setdefault(Keys.WIDGETS_ASSIGNED, set()).add(key)


def default_of(key: str, default: T, none: T) -> T:
    """The default of the widget `key`, or `none` when it was just given a value (2)."""
    assigned: set[str] = st.session_state.get(Keys.WIDGETS_ASSIGNED, set())
    if key not in assigned:
        return default
    assigned.remove(key)
    return none


def undo_echoes() -> None:
    """In the run of a fragment, take back old values that came with its event (3).

    What users choose outside of fragments comes with a run of the page.
    """
    context = get_script_run_ctx()
    if context is None or not context.fragment_ids_this_run:
        return
    for key, (before, value, at) in st.session_state.get(Keys.WIDGETS_ASSIGNED_LATELY, {}).items():
        if st.session_state.get(key) == before and time.monotonic() - at < ECHO_SECONDS:
            st.session_state[key] = value


def choose_next(choices: Mapping[str, Any]) -> None:
    """In a callback of a fragment: have the next run of the page show these, whatever comes beside (3)."""
    st.session_state[Keys.CHOICES_MISSED] = dict(choices)


def bring_back_choices() -> None:
    """Put what a fragment heard of, or chose, into the widgets. Before they are drawn."""
    for key, value in st.session_state.pop(Keys.CHOICES_MISSED, {}).items():
        assign(key, value)


def note_choices(keys: Iterable[str]) -> None:
    """Note which choices the page is drawn with. Once its widgets are drawn."""
    st.session_state[Keys.CHOICES_DRAWN] = {key: st.session_state.get(key) for key in keys}


def follow_choices() -> None:
    """In a fragment: draw the page, if there are other choices than those that it was drawn with (4)."""
    undo_echoes()
    drawn: dict[str, Any] = st.session_state.get(Keys.CHOICES_DRAWN, {})
    now = {key: st.session_state.get(key) for key in drawn}
    missed = {key: value for key, value in now.items() if value is not None and value != drawn[key]}
    if missed:
        st.session_state[Keys.CHOICES_MISSED] = missed
        st.rerun()
