"""The page of tensor figures as an app, with the door through which its values travel."""

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from ipo.api.routes import routes
from ipo.api.versions import OpenStreams
from ipo.services.inspector.tensor_store import BUDGET
from ipo.ui.runtime.process import workspace


def forget(request: Request) -> Response:
    """Have other values take all the memory there is for them."""
    workspace().tensors.put(bytes(BUDGET), "u1")
    return Response(status_code=204)


app = st.App(
    "tensor_page.py",
    routes=[
        Mount("/api", routes=routes(workspace, OpenStreams())),
        Route("/forget", forget, methods=["POST"]),
    ],
)
