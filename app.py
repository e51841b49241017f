"""The app as a server: the page that Streamlit draws and the HTTP door, behind checks of who asks."""

import streamlit as st
from starlette.routing import Mount

from ipo.api.routes import routes
from ipo.ui.page_paths import MAIN
from ipo.ui.runtime.process import workspace
from ipo.ui.server import Server, base_path

_server = Server()
app = st.App(
    MAIN,
    routes=[Mount(f"{base_path()}/api", routes=routes(workspace, _server.streams))],
    middleware=_server.middleware,
    lifespan=_server.lifespan,
)
