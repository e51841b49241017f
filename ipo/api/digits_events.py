"""What users do on the latent map: taken in, applied once and in order, answered with what follows.

An event that is not acknowledged stays with the browser, which posts it again: after a lost answer, a full
disk, or a restart. So every request may be repeated.
"""

import json
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ipo.api.bounded_body import bounded_body
from ipo.api.digits_arrays import NOT_OPEN
from ipo.api.digits_schema import MAX_BYTES, parse_label_submission
from ipo.api.digits_view import digits_view
from ipo.api.token import has_token
from ipo.services.workspace import Workspace

_FRESH = {"Cache-Control": "no-store"}


class DigitsEvents:
    """Answers with the view of a set of images, after the events of a browser are applied to its labels."""

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        self._workspace = workspace

    async def post(self, request: Request) -> Response:
        if not has_token(request):
            return PlainTextResponse("This page is of another run of the server. Reload it.", 403)
        body = await bounded_body(request, MAX_BYTES)
        if body is None:
            return PlainTextResponse(f"The request is over {MAX_BYTES:,} bytes; fewer would be right.", 413)
        return await run_in_threadpool(self._apply, request.path_params["data"], body)

    def _apply(self, data: str, body: bytes) -> Response:
        service = self._workspace().open_digits(data)
        if service is None:
            return PlainTextResponse(NOT_OPEN, 404)
        try:
            submission = parse_label_submission(body)
        except ValueError as error:
            return PlainTextResponse(f"{error}.", 422)
        if submission.retry:
            service.label_events.forget_error()
            service.suggestions.retry()
            if service.problem:
                service.retry()
        service.label_events.apply(record.event() for record in submission.events)
        if submission.events or submission.retry:
            self._workspace().changes.notify()
        view = digits_view(service, submission.clients, submission.known)
        return Response(json.dumps(view), headers=_FRESH, media_type="application/json")
