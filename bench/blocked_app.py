"""The app, with a page script that can be held up: see `bench.events`."""

from pathlib import Path

import streamlit as st

from ipo.ui.server import Server

_server = Server()
app = st.App(
    Path(__file__).with_name("blocked_main.py"),
    routes=_server.routes,
    middleware=_server.middleware,
    lifespan=_server.lifespan,
)
