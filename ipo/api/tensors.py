"""Values of figures by address. An id says what the values are, so that no browser asks twice."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ipo.api.cache_headers import IMMUTABLE
from ipo.services.workspace import Workspace


def tensor_address(id_: str) -> str:
    """Where a browser finds the values of an id of the store: from the page on."""
    return f"api/inspector/tensors/{id_}"


class InspectorTensors:
    """Answers with raw values; with 404 for those that left memory, which the page puts back when drawn."""

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        self._workspace = workspace

    def tensor(self, request: Request) -> Response:
        data = self._workspace().tensors.get(request.path_params["id"])
        if data is None:
            return PlainTextResponse("These values are no longer in memory.", 404)
        return Response(data, media_type="application/octet-stream", headers=IMMUTABLE)
