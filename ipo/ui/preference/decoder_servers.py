"""Which image servers draw for a session, and how fast."""

from functools import partial

import streamlit as st

from ipo.decoders.protocol import Decoder
from ipo.decoders.remote.status import ServedDecoder, ServerState, ServerStatus
from ipo.keys import Keys
from ipo.preference.session import PreferenceSession
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.text import plain

LIVE_SECONDS = 1.0  # between two drawings
ICONS = {
    ServerState.READY: ":material/check_circle:",
    ServerState.BUSY: ":material/hourglass_top:",
    ServerState.FAILING: ":material/cloud_off:",
    ServerState.REFUSED: ":material/block:",
}


def render_servers(session: PreferenceSession) -> None:
    """A line for each server; nothing where this machine draws."""
    decoder = session.decoder
    if isinstance(decoder, ServedDecoder):
        version = partial(_servers, decoder)
        live_panel(Keys.CURATION_SERVERS_PANEL, lambda: version, LIVE_SECONDS)(_draw_servers)(decoder)


def _draw_servers(decoder: Decoder) -> None:
    for server in _servers(decoder):
        pace = ""
        if server.state == ServerState.READY and server.seconds_per_image is not None:
            pace = f" An image takes {server.seconds_per_image:.2f} s."
        st.caption(f"{ICONS[server.state]} {plain(server.says + pace)}")


def _servers(decoder: Decoder) -> tuple[ServerStatus, ...]:
    return decoder.servers() if isinstance(decoder, ServedDecoder) else ()
