"""Which session this tab works on."""

import contextlib
import os
from dataclasses import replace
from pathlib import Path

import streamlit as st

from ipo.decoders.versioned import family_of
from ipo.keys import Keys
from ipo.pictures.kind import FOLDER
from ipo.pictures.listing import why_no_folder
from ipo.pictures.pool import NAME as PICTURES
from ipo.pictures.reading import SIDE
from ipo.preference.session import PreferenceSession
from ipo.preference.storage.sessions import SessionKey, by_last_use
from ipo.registry import FAMILIES, decoder_kinds
from ipo.ui.preference.decoder_settings import chosen_settings, remember_settings, session_settings
from ipo.ui.preference.open_tabs import note_session
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.widgets import assign, choose_next
from ipo.visible import visible

DEFAULT_PROMPT = "misty harbour at dawn"
DEFAULT_SIZE = 448
SMALLEST, LARGEST = 64, 2048
SIZES = (224, 320, 448, 512, 768, 1024)


def select(prompt: str, size: str | int, decoder: str) -> str:
    """Make this tab work on a session. Returns what is wrong with the choice, and what is in use instead."""
    st.session_state[Keys.CURATION_AWAITED] = None
    try:
        chosen = (
            _folder_session()
            if decoder == PICTURES
            else SessionKey(prompt.strip(), parse_size(size), decoder, "", chosen_settings(decoder))
        )
        key = _with_weights(chosen)
        if key is not None:
            key = _or_at_work(key)
        if key is None or not workspace().decoders.ready(key):
            st.session_state[Keys.CURATION_AWAITED] = key or chosen
            return ""
        _work_on(key)
        st.session_state.pop(Keys.CURATION_WANTED, None)
    except ValueError as error:
        # no other session stands in for pictures: nobody would take its images for those
        return str(error) if decoder == PICTURES else instead(str(error))
    finally:
        if awaited() is None:
            st.session_state.pop(Keys.CURATION_ANEW, None)
    return ""


def awaited() -> SessionKey | None:
    """What this tab chose, while its weights are read or the servers that draw it are asked."""
    key: SessionKey | None = st.session_state.get(Keys.CURATION_AWAITED)
    return key


def begin_anew() -> None:
    """Go from a session of older weights to one of the newest."""
    st.session_state[Keys.CURATION_ANEW] = True


def draw_with_newest(family: str, prompt: str) -> None:
    """Go to a session of the newest weights of a family, when the page is drawn next."""
    choose_next(
        {
            Keys.CURATION_PROMPT: prompt,
            Keys.CURATION_SIZE: str(DEFAULT_SIZE),
            Keys.CURATION_DECODER: family,
        }
    )
    begin_anew()


def instead(problem: str) -> str:
    """A problem with a choice, and what is in use: the session as it was, or that of a first visit."""
    if selected() is None:
        _work_on(SessionKey(DEFAULT_PROMPT, DEFAULT_SIZE, decoders()[0]))
    session = selected()
    return problem if session is None else f"{problem} In use: {session.key.name}."


def unknown_decoder() -> str:
    """What is wrong with the decoder in the address, whose widget is going to drop it in silence."""
    asked = st.query_params.get(Keys.CURATION_DECODER)
    if not asked or asked in decoders():
        return ""
    return f"Decoder {asked!r} is not here; {' or '.join(decoders())} would be right."


def size_and_decoder() -> str:
    """What is going to be in use, before the widgets are drawn that say so."""
    key = st.session_state.get(Keys.CURATION_SESSION) or SessionKey(
        DEFAULT_PROMPT, DEFAULT_SIZE, decoders()[0]
    )
    # On a first run the address knows of the choice, and the widgets not yet.
    size, decoder = (
        st.session_state.get(name) or st.query_params.get(name) or otherwise
        for name, otherwise in ((Keys.CURATION_SIZE, DEFAULT_SIZE), (Keys.CURATION_DECODER, decoders()[0]))
    )
    decoder = decoder if decoder in decoders() else family_of(key.decoder)
    if decoder == PICTURES:
        return "pictures of a folder"
    with contextlib.suppress(ValueError):  # `select` says what is wrong with it
        settings = chosen_settings(decoder)
        chosen = _with_weights(SessionKey(key.prompt, parse_size(size), decoder, "", settings))
        if chosen is not None:
            if workspace().decoders.ready(chosen):
                workspace().latent_shape(chosen)
            key = chosen
    if key.decoder == PICTURES:
        return "pictures of a folder"
    return f"{key.size}² · {family_of(key.decoder)}"


def decoder_at_hand() -> str:
    """What is chosen in the widget, before it is drawn; on a first run the address knows of it."""
    chosen = st.session_state.get(Keys.CURATION_DECODER) or st.query_params.get(Keys.CURATION_DECODER)
    return chosen if chosen in decoders() else decoders()[0]


def selected() -> PreferenceSession | None:
    """The session of this tab; `None` before the first valid choice, and while it cannot be opened."""
    key = st.session_state.get(Keys.CURATION_SESSION)
    if key is None:
        return None
    note_session(key)
    return workspace().session_if_ready(key)


def bring_back_choice() -> None:
    """Put this tab's session into the widgets, which forget it while another page is shown."""
    key = st.session_state.get(Keys.CURATION_SESSION)
    if key is not None and Keys.CURATION_DECODER not in st.session_state:
        remember_choice(key)


def adopt_address() -> str:
    """In a new tab, go to the session that the address names. Returns what is wrong with it, or nothing.

    Must run before the widgets are drawn. Where the address also names a prompt, size or decoder that is not
    of this session, somebody has typed it there, and it counts.
    """
    id_ = st.query_params.get(Keys.CURATION_ADDRESS)
    if not id_ or Keys.CURATION_SESSION in st.session_state:
        return ""
    try:
        key = workspace().find(id_)
        if _agrees(key) and not _work_on_soon(key):
            remember_choice(key)
    except ValueError as error:
        return str(error)
    return ""


def open_last_used() -> bool:
    """Go to the session on disk that was changed last. False if none opens, or servers are asked first."""
    st.session_state[Keys.CURATION_AWAITED] = None
    for key in by_last_use(workspace().home):
        with contextlib.suppress(ValueError):  # its decoder, or its weights, are not here: the one before
            if not _work_on_soon(key):
                st.session_state[Keys.CURATION_AWAITED] = key
                return False
            return True
    return False


def leave(key: SessionKey) -> None:
    """Go from a session to the one that was used last before it, when the page is drawn next."""
    session = selected()
    if session is not None:
        session.queue.pause()
    st.session_state.pop(Keys.CURATION_SESSION, None)
    others = (other for other in by_last_use(workspace().home) if other != key)
    choose(next(others, SessionKey(DEFAULT_PROMPT, DEFAULT_SIZE, decoders()[0])))


def _agrees(key: SessionKey) -> bool:
    asked = st.query_params
    return (
        asked.get(Keys.CURATION_PROMPT, key.prompt).strip() == key.prompt
        and parse_size(asked.get(Keys.CURATION_SIZE, key.size)) == key.size
        and asked.get(Keys.CURATION_DECODER, family_of(key.decoder)) == family_of(key.decoder)
    )


def choose(key: SessionKey) -> None:
    """Go to a session when the page is drawn next."""
    st.session_state[Keys.CURATION_CHOSEN] = key


def adopt_choice() -> None:
    """Go to the session that was chosen. Must run before the widgets are drawn."""
    key: SessionKey | None = st.session_state.pop(Keys.CURATION_CHOSEN, None)
    if key is not None:
        remember_choice(key)
        st.session_state[Keys.CURATION_WANTED] = key
        with contextlib.suppress(ValueError):  # `select` says what is wrong with it
            _work_on_soon(key)


def remember_choice(key: SessionKey) -> None:
    """Put a session's prompt, size and decoder into the widgets, before they are drawn."""
    if key.decoder != PICTURES:  # which have neither
        assign(Keys.CURATION_PROMPT, key.prompt)
        assign(Keys.CURATION_SIZE, str(key.size))
    assign(Keys.CURATION_DECODER, family_of(key.decoder))
    remember_settings(key)


def _work_on_soon(key: SessionKey) -> bool:
    """Work on a session, unless servers are asked first: then it is wanted. Raises as `_work_on`."""
    if workspace().decoders.ready(key):
        _work_on(key)
        return True
    st.session_state[Keys.CURATION_WANTED] = key
    return False


def _work_on(key: SessionKey) -> None:
    session = workspace().session(key)
    left = selected()
    if session.opened and (left is None or left.key != key):
        session.refresh()
    if left is not None and left.key != key:
        left.queue.pause()
    st.session_state[Keys.CURATION_SESSION] = key


def _with_weights(key: SessionKey) -> SessionKey | None:
    """A session with the weights that this tab works with, else with the newest; `None` while they are read.

    Raises `ValueError` where there are none.
    """
    if key.decoder not in FAMILIES:
        return key
    if not st.session_state.get(Keys.CURATION_ANEW):
        for name in (Keys.CURATION_WANTED, Keys.CURATION_SESSION):
            mine: SessionKey | None = st.session_state.get(name)
            if mine is not None and replace(mine, decoder=family_of(mine.decoder), copy="") == key:
                return replace(mine, copy="")
    newest = workspace().latest_weights.name(key.decoder)
    return None if newest is None else replace(key, decoder=newest)


def _folder_session() -> SessionKey:
    """The session over the folder that is chosen.

    Raises `ValueError` for a folder that is not there, unless its pictures were judged before.
    """
    settings = dict(chosen_settings(PICTURES))
    typed = str(settings[FOLDER]).strip()
    if not typed:
        raise ValueError("Type the folder of your pictures above. It is only read.")
    folder = Path(os.path.normpath(Path(typed).expanduser()))
    key = SessionKey(
        visible(folder.name or str(folder)),
        SIDE,
        PICTURES,
        "",
        session_settings(PICTURES, settings | {FOLDER: str(folder)}),
    )
    wrong = why_no_folder(folder)
    if wrong and key.id not in workspace().sessions():
        raise ValueError(wrong)
    return key


def _or_at_work(key: SessionKey) -> SessionKey:
    """The session chosen last, or at work, if it is this one.

    That is a duplicate too, and one that began before its decoder had more settings.
    """
    for name in (Keys.CURATION_WANTED, Keys.CURATION_SESSION):
        mine: SessionKey | None = st.session_state.get(name)
        if mine is not None and family_of(mine.decoder) == family_of(key.decoder):
            settings = session_settings(mine.decoder, dict(mine.decoder_settings))
            if replace(mine, copy="", decoder_settings=settings) == key:
                return mine
    return key


def parse_size(text: str | int) -> int:
    """An image side as typed: `448` or `448²`. Raises `ValueError` with what would be right."""
    digits = str(text).strip().removesuffix("²").removesuffix("px").strip()
    if not digits.isdecimal():
        raise ValueError(f"Image size {text!r} is not a number of pixels; {DEFAULT_SIZE} would be right.")
    side = int(digits)
    if not SMALLEST <= side <= LARGEST:
        raise ValueError(f"Image size {side} is out of range; {SMALLEST} to {LARGEST} would be right.")
    return side


def decoders() -> list[str]:
    return [*decoder_kinds(), *FAMILIES, PICTURES]
