"""The server of `pushed_page.py`."""

import streamlit as st

from ipo.ui.server import Server

_server = Server()
app = st.App("pushed_page.py", routes=_server.routes, lifespan=_server.lifespan)
