"""What a session has to tell its users: shown on every page about it until somebody has read it."""

import streamlit as st

from ipo.keys import Keys
from ipo.preference.notices import Notice
from ipo.preference.session import PreferenceSession
from ipo.ui.preference import selection
from ipo.ui.text import plain


def render_notes(session: PreferenceSession) -> None:
    """Draw the notes in a place of their own, so that what stands below stays mounted."""
    place = st.container(gap="xsmall")
    for notice, says in session.notices.items():
        text, read = place.columns([6, 1], vertical_alignment="center")
        text.warning(plain(says), icon=":material/report:")
        key = f"{Keys.SESSION_NOTE_READ}_{notice}"
        read.button("Noted", key=key, on_click=_forget, args=(notice,), width="stretch")


def _forget(notice: Notice) -> None:
    session = selection.selected()
    if session is not None:
        session.dismiss(notice)
