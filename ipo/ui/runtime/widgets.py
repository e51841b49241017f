"""Widgets over values that other tabs share: a widget's own memory belongs to its tab."""

from typing import Any

import streamlit as st


def show_in(key: str, value: Any) -> None:
    """Have the widget `key`, which is drawn next, show `value`.

    A value that it shows already is left alone: to put it there again would have the browser drop what the
    user is typing.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
