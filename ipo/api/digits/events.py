"""What users do on the latent map: taken in, applied once and in order, answered with what follows.

An event that is not acknowledged stays with the browser, which posts it again: after a lost answer, a full
disk, or a restart. So every request may be repeated.
"""

import json
from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ipo.api.cache_headers import FRESH
from ipo.api.digits.arrays import NOT_OPEN
from ipo.api.digits.schema import MAX_BYTES, parse_label_submission
from ipo.api.digits.view import digits_view
from ipo.api.posts import answer_post
from ipo.services.workspace import Workspace


class DigitsEvents:
    """Answers with the view of a set of images, after the events of a browser are applied to its labels."""

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        self._workspace = workspace

    async def post(self, request: Request) -> Response:
        return await answer_post(request, MAX_BYTES, partial(self._apply, request.path_params["data"]))

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
        return Response(json.dumps(view), headers=FRESH, media_type="application/json")
