"""The page of tensor figures as an app, with the door through which its values travel."""

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ipo.api.tensors import tensor_routes
from ipo.services.tensor_store import BUDGET
from ipo.ui.runtime.process import workspace


def forget(request: Request) -> Response:
    """Have other values take all the memory there is for them."""
    workspace().tensors.put(bytes(BUDGET), "u1")
    return Response(status_code=204)


routes = [*tensor_routes(lambda: workspace().tensors), Route("/forget", forget, methods=["POST"])]
app = st.App("tensor_page.py", routes=routes)
