"""What users do to the images of a session: taken in, applied once and in order, answered with what follows.

An event that is not acknowledged stays with the browser, which posts it again: after a lost answer, a full
disk, or a restart. So every request may be repeated.
"""

import json
from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ipo.api.cache_headers import FRESH
from ipo.api.posts import answer_post
from ipo.api.preference.images import NOT_OPEN
from ipo.api.preference.schema import MAX_BYTES, parse_submission
from ipo.api.preference.view import preference_view
from ipo.services.workspace import Workspace


class PreferenceEvents:
    """Answers with the view of a session, after the events of a browser are applied to it."""

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        self._workspace = workspace

    async def post(self, request: Request) -> Response:
        return await answer_post(request, MAX_BYTES, partial(self._apply, request.path_params["session"]))

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
        return Response(json.dumps(view), headers=FRESH, media_type="application/json")
