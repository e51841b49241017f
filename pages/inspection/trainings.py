"""Trainings of other processes: which are there, looking into one, holding it and letting it run."""

import time

import streamlit as st

from ipo.inspector.attach.announcements import Offer
from ipo.inspector.attach.remote_session import RemoteSession
from ipo.keys import Keys
from ipo.ui.text import plain
from pages.inspection import state

_MINUTE, _HOUR = 60, 3600


def draw_trainings() -> None:
    """A popover with the trainings of this machine, and a place for the address of another one."""
    menu = st.popover("Trainings", icon=":material/sensors:", key=Keys.INSPECT_TRAININGS, on_change="rerun")
    state.view().open_sections[Keys.INSPECT_TRAININGS] = bool(menu.open)
    if not menu.open:
        return
    with menu:
        busy = state.inspecting().work.lasting
        offers = state.inspecting().trainings
        st.caption("Look into a training of another process. In its script, before the loop:")
        st.code("ipo.attach(model, optimizer)", language="python")
        if not offers:
            st.caption("None of this machine is offered now.")
        for offer in offers:
            _draw_offer(offer, busy)
        st.divider()
        _draw_address(busy)


def draw_hold(training: RemoteSession) -> None:
    """Hold a training that runs, or let one run that is held."""
    held = training.held
    st.button(
        "Run free" if held else "Hold",
        key=Keys.INSPECT_HOLD,
        icon=":material/play_arrow:" if held else ":material/pause:",
        on_click=_hold,
        args=(training, not held),
        disabled=not training.there or state.inspecting().work.lasting,
        help="Lets the training go on by itself; you can go on looking."
        if held
        else "Has the training wait after the step that is under way. Step it from there.",
    )


def _draw_offer(offer: Offer, busy: bool) -> None:
    main = state.session()
    here = isinstance(main, RemoteSession) and main.url == offer.url and main.there
    st.button(
        plain(offer.name),
        key=f"{Keys.INSPECT_TRAINING}_{offer.pid}_{offer.url}",
        icon=":material/visibility:" if here else ":material/login:",
        on_click=_connect,
        args=(offer.url, offer.token),
        disabled=busy or here,
        width="stretch",
        help=plain(f"Process {offer.pid}, {offer.url}."),
    )
    if here:
        st.caption("On view.")
    else:
        st.caption(plain(f"Process {offer.pid}, offered {_ago(time.time() - offer.started)}."))


def _draw_address(busy: bool) -> None:
    st.text_input("Address", key=Keys.INSPECT_TRAINING_URL, placeholder="http://gpu-machine:8765")
    st.text_input("Token", key=Keys.INSPECT_TRAINING_TOKEN, type="password", help="The training printed it.")
    st.button(
        "Look into it",
        key=Keys.INSPECT_TRAINING_CONNECT,
        icon=":material/login:",
        on_click=_connect_typed,
        disabled=busy,
        width="stretch",
    )


def _ago(seconds: float) -> str:
    if seconds < 2 * _MINUTE:
        return "just now"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} minutes ago"
    return f"{seconds / _HOUR:.0f} hours ago"


def _connect_typed() -> None:
    url = str(st.session_state.get(Keys.INSPECT_TRAINING_URL) or "")
    _connect(url, str(st.session_state.get(Keys.INSPECT_TRAINING_TOKEN) or ""))


def _connect(url: str, token: str) -> None:
    st.session_state[Keys.INSPECT_TRAININGS] = False
    state.choose(None)
    state.inspecting().connect(url, token)


def _hold(training: RemoteSession, held: bool) -> None:
    state.inspecting().hold(training, held)
