"""Which session this tab works on."""

import contextlib
from dataclasses import replace

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
        _work_on(_or_its_copy(SessionKey(prompt.strip(), parse_size(size), decoder)))
    except ValueError as error:
        return str(error)
    return ""


def selected() -> Judging | None:
    """The session of this tab; `None` before the first valid choice."""
    key = st.session_state.get(Keys.CURATION_SESSION)
    return None if key is None else workspace().judging(key)


def bring_back_choice() -> None:
    """Put this tab's session into the widgets, which forget it while another page is shown."""
    key = st.session_state.get(Keys.CURATION_SESSION)
    if key is not None and Keys.CURATION_PROMPT not in st.session_state:
        remember_choice(key)


def choose(key: SessionKey) -> None:
    """Go to a session when the page is drawn next."""
    st.session_state[Keys.CURATION_CHOSEN] = key


def adopt_choice() -> None:
    """Go to the session that was chosen. Must run before the widgets are drawn."""
    key: SessionKey | None = st.session_state.pop(Keys.CURATION_CHOSEN, None)
    if key is not None:
        remember_choice(key)
        with contextlib.suppress(ValueError):  # `select` says what is wrong with it
            _work_on(key)


def remember_choice(key: SessionKey) -> None:
    """Put a session's prompt, size and decoder into the widgets, before they are drawn."""
    st.session_state[Keys.CURATION_PROMPT] = key.prompt
    st.session_state[Keys.CURATION_SIZE] = str(key.size)
    st.session_state[Keys.CURATION_DECODER] = key.decoder


def _work_on(key: SessionKey) -> None:
    judging = workspace().judging(key)
    with contextlib.suppress(OSError):  # judging and decoding say so
        judging.look()
    left = selected()
    if left is None or left.key != key:
        judging.look_closely()
    if left is not None and left.key != key:
        left.hand.rest()
    st.session_state[Keys.CURATION_SESSION] = key
    if key.copy:
        st.query_params[Keys.CURATION_COPY] = key.copy
    else:
        st.query_params.pop(Keys.CURATION_COPY, None)


def _or_its_copy(key: SessionKey) -> SessionKey:
    """The duplicate of a session that is at work, or that the address names; else the session itself."""
    at_work: SessionKey | None = st.session_state.get(Keys.CURATION_SESSION)
    if at_work is not None:
        return at_work if replace(at_work, copy="") == key else key
    try:
        return replace(key, copy=st.query_params.get(Keys.CURATION_COPY, ""))
    except ValueError:
        return key  # no mark that a duplicate could have


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
