"""Values of figures for the browser: immutable, so that each travels once."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ipo.services.tensor_store import TensorStore

ADDRESS = "api/inspector/tensors"  # relative to the page: a proxy may serve the app below any path
_FOREVER = "public, max-age=31536000, immutable"
_GONE = "These values are no longer in memory. The page puts them back when it is drawn again.\n"


def tensor_routes(store: Callable[[], TensorStore]) -> list[Route]:
    """`GET api/inspector/tensors/{id}`: raw values, or 404 for what left memory."""

    def tensor(request: Request) -> Response:
        data = store().get(request.path_params["id"])
        if data is None:
            return PlainTextResponse(_GONE, status_code=404, headers={"Cache-Control": "no-store"})
        return Response(data, media_type="application/octet-stream", headers={"Cache-Control": _FOREVER})

    return [Route(f"/{ADDRESS}/{{id}}", tensor, methods=["GET"])]
