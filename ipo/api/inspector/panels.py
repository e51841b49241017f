"""What the panels of an Inspect page show now, in one answer; and steps, answered with what came of them.

An answer is the length of its JSON in four bytes, little-endian, the JSON, and then the values of the tensors
that the server did not have before: those of a step travel with it, and others by their addresses.
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ipo.api.browser_json import browser_json
from ipo.api.cache_headers import AS_IT_IS, FRESH
from ipo.api.posts import answer_post
from ipo.services.exclusive_job import QUICK_SECONDS
from ipo.services.inspector.live_content import LiveContent
from ipo.services.workspace import Workspace

MAX_BYTES = 64_000
STEP_SECONDS = QUICK_SECONDS + 0.05  # to wait for a step: most take a few ms, and are shown with the answer

_NUMBER = re.compile("[0-9]{1,8}")
_NOT_OPEN = "This page is not open on this server."


def panels_address(id_: str) -> str:
    """What the addresses of a tab's content by id begin with: from the page on."""
    return f"api/inspector/pages/{id_}"


class Steps(BaseModel):
    """How many steps to take, and the panels that are to show what came of them."""

    model_config = ConfigDict(extra="forbid", strict=True)
    count: Annotated[int, Field(ge=1, le=1000)]
    panels: Annotated[list[str], Field(max_length=200)]


class InspectorPanels:
    """Answers `{"version": int, "panels": {name: content}, "values": {id: bytes}}` and these bytes.

    404 for a tab that is not known here.
    """

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        self._workspace = workspace

    def panels(self, request: Request) -> Response:
        content = self._workspace().live_contents.find(request.path_params["id"])
        if content is None:
            return PlainTextResponse(_NOT_OPEN, 404)
        if "took" in request.query_params:
            content.cost = _seconds(request.query_params["took"])
        return self._shown(content, request.query_params.getlist("panel"))

    async def steps(self, request: Request) -> Response:
        return await answer_post(request, MAX_BYTES, partial(self._step, request.path_params["id"]))

    def _step(self, id_: str, body: bytes) -> Response:
        """Steps that take longer than a moment go on when this has answered."""
        content = self._workspace().live_contents.find(id_)
        if content is None:
            return PlainTextResponse(_NOT_OPEN, 404)
        try:
            steps = Steps.model_validate_json(body)
        except ValidationError as error:
            return PlainTextResponse(f"{error}.", 422)
        work = self._workspace().inspection.step(steps.count)
        if work is not None:
            work.wait(STEP_SECONDS)
        return self._shown(content, steps.panels)

    def _shown(self, content: LiveContent, panels: Sequence[str]) -> Response:
        version = content.version()  # before it is made: what changes meanwhile is another one
        with self._workspace().tensors.collecting() as values:
            shown = browser_json(content.show(panels), "panels")
        lengths = {id_: len(data) for id_, data in values.items()}
        head = json.dumps({"version": version, "panels": shown, "values": lengths}).encode()
        body = b"".join([len(head).to_bytes(4, "little"), head, *values.values()])
        return Response(body, headers=FRESH | AS_IT_IS, media_type="application/octet-stream")


def _seconds(milliseconds: str) -> float:
    return int(milliseconds) / 1000 if _NUMBER.fullmatch(milliseconds) else 0.0
