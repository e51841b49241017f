"""The app as a server: the page that Streamlit draws and the HTTP door, behind checks of who asks."""

import streamlit as st

from ipo.ui.page_paths import MAIN
from ipo.ui.server import Server

_server = Server()
app = st.App(MAIN, routes=_server.routes, middleware=_server.middleware, lifespan=_server.lifespan)
