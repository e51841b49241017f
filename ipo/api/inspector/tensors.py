"""Values of figures by address. An id says what the values are, so that no browser asks twice."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ipo.api.cache_headers import AS_IT_IS, IMMUTABLE
from ipo.services.workspace import Workspace


def tensor_address(id_: str) -> str:
    """Where a browser finds the values of an id of the store: from the page on."""
    return f"api/inspector/tensors/{id_}"


class InspectorTensors:
    """Answers with raw values, of several ids one after the other; with 404 where some of them left memory,
    which the page puts back when drawn."""

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        self._workspace = workspace

    def tensors(self, request: Request) -> Response:
        store = self._workspace().tensors
        found = [store.get(id_) for id_ in request.path_params["ids"].split(",")]
        data = [one for one in found if one is not None]
        if len(data) < len(found):
            return PlainTextResponse("These values are no longer in memory.", 404)
        headers = IMMUTABLE | AS_IT_IS
        return Response(b"".join(data), media_type="application/octet-stream", headers=headers)
