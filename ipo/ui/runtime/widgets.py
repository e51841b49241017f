"""Widgets over values that others change too: a widget's own memory belongs to its tab.

Streamlit tells the browser with one drawing only of a value that code gave a widget. If another drawing
follows before the browser came to that, it never hears of it, shows the old value, and sends it back with the
next click as if somebody had chosen it. So the value goes with every drawing until the browser has sent
anything.
"""

from typing import Any

import streamlit as st

from ipo.keys import Keys
from ipo.ui.runtime.rerun import is_pushed


def show_in(key: str, value: Any) -> None:
    """Have the widget `key`, which is drawn next, show `value`.

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
