"""Which session this tab works on."""

import streamlit as st

from ipo.keys import Keys
from ipo.preference.judging import Judging
from ipo.preference.sessions import SessionKey
from ipo.ui.workspace import DECODERS, workspace

DEFAULT_PROMPT = "misty harbour at dawn"
DEFAULT_SIZE = 448
SMALLEST, LARGEST = 64, 2048
SIZES = (224, 320, 448, 512, 768, 1024)


def select(prompt: str, size: str | int, decoder: str) -> str:
    """Make this tab work on a session. Returns what is wrong with the choice; the last session stays then."""
    try:
        key = SessionKey(prompt.strip(), parse_size(size), decoder)
        workspace().judging(key)
    except ValueError as error:
        return str(error)
    left = selected()
    if left is not None and left.key != key:
        left.rest()
    st.session_state[Keys.CURATION_SESSION] = key
    return ""


def selected() -> Judging | None:
    """The session of this tab; `None` before the first valid choice."""
    key = st.session_state.get(Keys.CURATION_SESSION)
    return None if key is None else workspace().judging(key)


def remember_choice(key: SessionKey) -> None:
    """Put a session's prompt, size and decoder into the widgets, before they are drawn."""
    st.session_state[Keys.CURATION_PROMPT] = key.prompt
    st.session_state[Keys.CURATION_SIZE] = str(key.size)
    st.session_state[Keys.CURATION_DECODER] = key.decoder


def parse_size(text: str | int) -> int:
    """An image side as typed: `448` or `448²`. Raises `ValueError` with what would be right."""
    digits = str(text).strip().removesuffix("²").removesuffix("px").strip()
    if not digits.isdigit():
        raise ValueError(f"Image size {text!r} is not a number of pixels; {DEFAULT_SIZE} would be right.")
    side = int(digits)
    if not SMALLEST <= side <= LARGEST:
        raise ValueError(f"Image size {side} is out of range; {SMALLEST} to {LARGEST} would be right.")
    return side


def decoders() -> list[str]:
    return list(DECODERS)
