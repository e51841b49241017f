"""What readers do in the mailbox: taken in, applied once and in order, answered with what follows.

An event that is not acknowledged stays with the browser, which posts it again: after a lost answer, a full
disk, or a restart. So every request may be repeated.
"""

import json
from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ipo.api.cache_headers import FRESH
from ipo.api.mail.mails import NOT_OPEN
from ipo.api.mail.schema import MAX_BYTES, parse_mailbox_submission
from ipo.api.mail.view import mailbox_view
from ipo.api.posts import answer_post
from ipo.services.workspace import Workspace


class MailboxEventsRoute:
    """Answers with the view of a mailbox, after the events of a browser are applied to its labels."""

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        self._workspace = workspace

    async def post(self, request: Request) -> Response:
        return await answer_post(request, MAX_BYTES, partial(self._apply, request.path_params["name"]))

    def _apply(self, name: str, body: bytes) -> Response:
        mailbox = self._workspace().open_mailbox(name)
        if mailbox is None:
            return PlainTextResponse(NOT_OPEN, 404)
        try:
            submission = parse_mailbox_submission(body)
        except ValueError as error:
            return PlainTextResponse(f"{error}.", 422)
        if submission.retry:
            mailbox.events.forget_error()
        mails = mailbox.mails
        if mails is not None:
            mailbox.events.apply([record.event() for record in submission.events], mails)
        if submission.events or submission.retry:
            self._workspace().changes.notify()
        view = mailbox_view(mailbox, submission.clients, submission.known)
        return Response(json.dumps(view), headers=FRESH, media_type="application/json")
