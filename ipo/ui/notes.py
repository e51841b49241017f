"""What a session has to tell its users: shown on every page about it until somebody has read it."""

import streamlit as st

from ipo.keys import Keys
from ipo.preference.judging import Judging
from ipo.preference.notes import Note
from ipo.ui import selection
from ipo.ui.plain import plain


def render_notes(judging: Judging) -> None:
    """Draw the notes in a place of their own, so that what stands below stays mounted."""
    place = st.container(gap="xsmall")
    for note, says in list(judging.notes.items()):
        text, read = place.columns([6, 1], vertical_alignment="center")
        text.warning(plain(says), icon=":material/report:")
        key = f"{Keys.SESSION_NOTE_READ}_{note}"
        read.button("Noted", key=key, on_click=_forget, args=(note,), width="stretch")


def _forget(note: Note) -> None:
    judging = selection.selected()
    if judging is not None:
        judging.notes.pop(note, None)
