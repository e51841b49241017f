"""Points, labels and images of a set, by address. A version says what they are: no browser asks twice."""

import json
import struct
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ipo.api.browser_json import browser_json
from ipo.api.cache_headers import FRESH, IMMUTABLE
from ipo.digits.status import NotOpen
from ipo.services.workspace import Workspace

if TYPE_CHECKING:  # it brings torch, which a server that shows no digits does without
    from ipo.services.digits.service import DigitsService

NOT_OPEN = "These images are not open here. Open them on the page Latent map first."

_BYTES = "application/octet-stream"

Read = Callable[["DigitsService"], bytes]


class DigitsArrays:
    """Answers with bytes; with 404 and a sentence where there are none."""

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        self._workspace = workspace

    def points(self, request: Request) -> Response:
        version = request.path_params["version"]
        answer = self._answer(request, lambda service: service.latent_map.points(version).content, _BYTES)
        answer.headers["Content-Encoding"] = "identity"  # gzip takes longer than it saves
        return answer

    def thumbnails(self, request: Request) -> Response:
        version, tile = request.path_params["version"], request.path_params["tile"]
        return self._answer(
            request, lambda service: service.latent_map.thumbnails(version, tile), "image/png"
        )

    def image(self, request: Request) -> Response:
        version, row = request.path_params["version"], request.path_params["row"]
        return self._answer(request, lambda service: service.latent_map.image(version, row), "image/png")

    def reconstruction(self, request: Request) -> Response:
        version, row = request.path_params["version"], request.path_params["row"]
        return self._answer(
            request, lambda service: service.latent_map.reconstruction(version, row), "image/png"
        )

    def details(self, request: Request) -> Response:
        version, row = request.path_params["version"], request.path_params["row"]

        def read(service: "DigitsService") -> bytes:
            details = service.latent_map.details(version, row)
            return json.dumps(browser_json(asdict(details))).encode()

        return self._answer(request, read, "application/json")

    def truth(self, request: Request) -> Response:
        version = request.path_params["version"]
        return self._answer(request, lambda service: service.latent_map.truth(version).tobytes(), _BYTES)

    def scores(self, request: Request) -> Response:
        version = request.path_params["version"]
        return self._answer(request, lambda service: service.suggestions.scores(version), _BYTES)

    def labels(self, request: Request) -> Response:
        """uint32 version, uint32 n, int8 codes (n), little endian."""

        def read(service: "DigitsService") -> bytes:
            labels = service.latent_map.labels()
            return struct.pack("<II", labels.version, len(labels.codes)) + labels.codes.tobytes()

        answer = self._answer(request, read, _BYTES)
        answer.headers.update(FRESH)
        return answer

    def _answer(self, request: Request, read: Read, kind: str) -> Response:
        service = self._workspace().open_digits(request.path_params["data"])
        if service is None:
            return PlainTextResponse(NOT_OPEN, 404)
        try:
            return Response(read(service), media_type=kind, headers=IMMUTABLE)
        except NotOpen:
            return PlainTextResponse("The images are still being read.", 404)
        except LookupError as error:
            return PlainTextResponse(str(error), 404)
