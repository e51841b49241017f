"""The app, with a page script that can be held up: see `bench.events`."""

from pathlib import Path

import streamlit as st
from starlette.routing import Mount

from ipo.api.routes import routes
from ipo.ui.runtime.process import workspace
from ipo.ui.server import Server, base_path

_server = Server()
app = st.App(
    Path(__file__).with_name("blocked_main.py"),
    routes=[Mount(f"{base_path()}/api", routes=routes(workspace, _server.streams))],
    middleware=_server.middleware,
    lifespan=_server.lifespan,
)
