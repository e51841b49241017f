"""Where the images of a session are made, and how long one takes."""

from functools import partial

import streamlit as st

from ipo.decoders.protocol import DecoderInfo
from ipo.decoders.remote.status import ServedDecoder, ServerState, ServerStatus
from ipo.keys import Keys
from ipo.preference.session import PreferenceSession
from ipo.ui.job_panels import size_text
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.text import plain

LIVE_SECONDS = 1.0  # between two drawings
ICONS = {
    None: ":material/memory:",  # this machine
    ServerState.READY: ":material/check_circle:",
    ServerState.BUSY: ":material/hourglass_top:",
    ServerState.FAILING: ":material/cloud_off:",
    ServerState.REFUSED: ":material/block:",
}


def render_decoder_status(session: PreferenceSession) -> None:
    """A line for each server that draws, or for this machine and what its decoder has to say.

    None where nothing is drawn.
    """
    if session.pool is not None:
        return
    lines = partial(_lines, session)
    live_panel(Keys.CURATION_DECODER_STATUS_PANEL, lambda: lines, LIVE_SECONDS)(_draw)(session)


def _draw(session: PreferenceSession) -> None:
    for state, text in _lines(session):
        st.caption(f"{ICONS[state]} {plain(text)}")


def _lines(session: PreferenceSession) -> list[tuple[ServerState | None, str]]:
    """Sentences, each with the state of its server."""
    decoder = session.source
    if isinstance(decoder, ServedDecoder):
        return [(server.state, _server_text(server)) for server in decoder.servers()]
    info = decoder.info
    lines: list[tuple[ServerState | None, str]] = [
        (None, _machine_text(info, session.queue.seconds_per_image))
    ]
    return [*lines, (None, info.says)] if info.says else lines


def _server_text(server: ServerStatus) -> str:
    answers = server.state == ServerState.READY
    return server.says + (_pace_text(server.seconds_per_image) if answers else "")


def _machine_text(info: DecoderInfo, seconds: float | None) -> str:
    device = f", {info.device}" if info.device else ""
    memory = "" if info.memory is None else f", with {size_text(info.memory)} of weights"
    return f"Made on this machine{device}{memory}.{_pace_text(seconds)}"


def _pace_text(seconds: float | None) -> str:
    """Coarse, so that what is drawn is not another with each image."""
    if seconds is None:
        return ""
    return " An image takes " + (f"{seconds:.1f} s." if seconds >= 0.1 else "less than 0.1 s.")
