"""The choices that a decoder declares, as widgets."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ipo.decoders.settings import Setting, Settings, Value, pixel_settings
from ipo.keys import Keys
from ipo.pictures.kind import FOLDER
from ipo.pictures.pool import NAME as PICTURES
from ipo.preference.storage.sessions import SessionKey
from ipo.registry import PICTURES as PICTURES_KIND
from ipo.registry import decoder_kinds
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.shared_values import on_choice, shared_value
from ipo.ui.runtime.widgets import assign, show_in
from ipo.ui.text import plain

_FOLDER = next(one for one in PICTURES_KIND.settings if one.name == FOLDER)

ChosenSettings = tuple[tuple[str, Value], ...]  # as a session's key keeps them


def declared_settings(decoder: str) -> Sequence[Setting]:
    """What can be chosen about a decoder; nothing about one that is trained, or not here."""
    if decoder == PICTURES:
        return PICTURES_KIND.settings
    kind = decoder_kinds().get(decoder)
    return () if kind is None else kind.settings


def chosen_settings(decoder: str) -> ChosenSettings:
    """What is chosen of that which images depend on: in the widgets, by the session, or by default.

    Raises `ValueError` for a value that is not right.
    """
    declared = declared_settings(decoder)
    drawn = {one.name: _chosen(decoder, one) for one in declared if one.changes_pixels}
    return session_settings(decoder, drawn)


def session_settings(decoder: str, chosen: Settings) -> ChosenSettings:
    """Settings as a session's key keeps them, with defaults. Raises `ValueError`."""
    return tuple(sorted(pixel_settings(declared_settings(decoder), chosen).items()))


def setting_keys(decoder: str) -> list[str]:
    """The widgets that choose what images depend on."""
    return [_key(decoder, one) for one in declared_settings(decoder) if one.changes_pixels]


def remember_settings(key: SessionKey) -> None:
    """Put a session's settings into the widgets, before they are drawn."""
    settings = dict(key.decoder_settings)
    for one in declared_settings(key.decoder):
        if one.changes_pixels:
            assign(_key(key.decoder, one), settings.get(one.name, one.default))


def render_decoder_settings(decoder: str) -> None:
    """A widget for each choice but the folder of pictures; those of this machine below the others.

    What images depend on counts when it is applied: on the way from 4 steps to 8, nobody wants four sessions.
    """
    declared = [one for one in declared_settings(decoder) if one is not _FOLDER]
    of_images = [one for one in declared if one.changes_pixels]
    if of_images:
        with st.form(f"{Keys.CURATION_DECODER_FORM}_{decoder}", border=False):
            _draw_all(of_images, partial(_draw_for_session, decoder))
            st.form_submit_button(
                "Apply",
                key=f"{Keys.CURATION_DECODER_APPLY}_{decoder}",
                width="stretch",
                help="With other settings a latent is another image: they begin another session, or go back "
                "to the one that has them.",
            )
    here = [one for one in declared if not one.changes_pixels]
    if not here:
        return
    st.caption("On this machine; no image depends on it.")
    try:
        current = workspace().decoders.machine_settings(decoder)
    except ValueError as error:
        st.warning(plain(f"What is set here cannot be read: {error}"))
        return
    _draw_all(here, lambda one: _draw_for_machine(decoder, one, current[one.name]))


def render_folder(bar: DeltaGenerator) -> None:
    """The folder of pictures, in the place of the prompt."""
    key = _key(PICTURES, _FOLDER)
    st.session_state[key] = _chosen(PICTURES, _FOLDER)
    bar.text_input(
        _FOLDER.label,
        key=key,
        label_visibility="collapsed",
        placeholder="The folder of your pictures, such as /home/me/renders. Nothing is written there.",
    )


def _draw_all(settings: Sequence[Setting], draw: Callable[[Setting], None]) -> None:
    """Text over the whole width, then what is short in two columns."""
    for one in filter(_is_text, settings):
        draw(one)
    short = [one for one in settings if not _is_text(one)]
    columns = st.columns(2) if short else []
    for place, one in enumerate(short):
        with columns[place % 2]:
            draw(one)


def _is_text(setting: Setting) -> bool:
    return isinstance(setting.default, str) and not setting.choices


def _draw_for_session(decoder: str, setting: Setting) -> None:
    key = _key(decoder, setting)
    show_in(key, _chosen(decoder, setting))
    _draw(setting, key)


def _draw_for_machine(decoder: str, setting: Setting, value: Value) -> None:
    shared = shared_value(_key(decoder, setting), value)
    st.session_state.setdefault(shared.key, shared.value)
    _draw(setting, shared.key, on_change=on_choice, args=(shared, partial(_set, decoder, setting)))


def _draw(setting: Setting, key: str, **how: Any) -> None:
    """The widget for a setting, whose value is in the session state already."""
    label, help_ = plain(setting.label), plain(setting.help) or None
    if setting.choices:
        st.selectbox(label, setting.choices, key=key, help=help_, **how)
    elif isinstance(setting.default, bool):
        st.toggle(label, key=key, help=help_, **how)
    elif isinstance(setting.default, str):
        st.text_input(label, key=key, help=help_, **how)
    elif isinstance(setting.default, int):
        low, high = (int(bound) if math.isfinite(bound) else None for bound in (setting.low, setting.high))
        step = int(setting.step or 1)  # it also says that the number is whole
        st.number_input(label, min_value=low, max_value=high, step=step, key=key, help=help_, **how)
    else:
        ends = (float(bound) if math.isfinite(bound) else None for bound in (setting.low, setting.high))
        lowest, highest = ends
        stride = float(setting.step or 0.1)
        st.number_input(label, min_value=lowest, max_value=highest, step=stride, key=key, help=help_, **how)


def _chosen(decoder: str, setting: Setting) -> Value:
    value: Value | None = st.session_state.get(_key(decoder, setting))
    if value is not None:
        return value
    session: SessionKey | None = st.session_state.get(Keys.CURATION_SESSION)
    settings = dict(session.decoder_settings) if session is not None and session.decoder == decoder else {}
    return settings.get(setting.name, setting.default)


def _set(decoder: str, setting: Setting, value: object) -> None:
    """Keep what was chosen for this machine, and open what is at work with it."""
    try:
        workspace().set_on_machine(decoder, setting.name, setting.parse(value))
    except (OSError, ValueError) as error:
        st.toast(plain(f"{setting.label} could not be kept: {error}"), icon=":material/report:")


def _key(decoder: str, setting: Setting) -> str:
    return f"{Keys.CURATION_DECODER_SETTING}-{decoder}-{setting.name}"
