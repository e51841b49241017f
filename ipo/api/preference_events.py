"""What users do to the images of a session: taken in, applied once and in order, answered with what follows.

An event that is not acknowledged stays with the browser, which posts it again: after a lost answer, a full
disk, or a restart. So every request may be repeated.
"""

import json
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ipo.api.bounded_body import bounded_body
from ipo.api.event_schema import MAX_BYTES, parse_submission
from ipo.api.preference_images import NOT_OPEN
from ipo.api.preference_view import preference_view
from ipo.api.token import has_token
from ipo.services.workspace import Workspace

_FRESH = {"Cache-Control": "no-store"}


class PreferenceEvents:
    """Answers with the view of a session, after the events of a browser are applied to it."""

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        self._workspace = workspace

    async def post(self, request: Request) -> Response:
        if not has_token(request):
            return PlainTextResponse("This page is of another run of the server. Reload it.", 403)
        body = await bounded_body(request, MAX_BYTES)
        if body is None:
            return PlainTextResponse(f"The request is over {MAX_BYTES:,} bytes; fewer would be right.", 413)
        return await run_in_threadpool(self._apply, request.path_params["session"], body)

    def _apply(self, id_: str, body: bytes) -> Response:
        session = self._workspace().open_session(id_)
        if session is None:
            return PlainTextResponse(NOT_OPEN, 404)
        try:
            submission = parse_submission(body)
        except ValueError as error:
            return PlainTextResponse(f"{error}.", 422)
        if submission.retry:
            session.retry()
        events = [record.event() for record in submission.events]
        session.apply(events)
        most = None
        if submission.tiles is not None and submission.ahead is not None:
            most = submission.tiles + submission.ahead
            session.queue.show(submission.tiles, submission.ahead)
        if events or submission.retry:
            self._workspace().changes.notify()
        view = preference_view(session, submission.clients, most)
        return Response(json.dumps(view), headers=_FRESH, media_type="application/json")
