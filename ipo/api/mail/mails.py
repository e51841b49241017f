"""Mails, orders and opinions of a mailbox, by address; what has a version in it never changes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ipo.api.browser_json import browser_json
from ipo.api.cache_headers import FRESH, IMMUTABLE
from ipo.services.workspace import Workspace

if TYPE_CHECKING:  # it brings the models, which a server that shows no mails does without
    from ipo.services.mail.mailbox import Mailbox

NOT_OPEN = "These mails are not open here. Open them on the page Mailbox first."

_TITLE, _BEGINNING = 120, 120  # characters in the list

Read = Callable[["Mailbox", Request], Any]


class Mails:
    """Answers with JSON; with 404 and a sentence where there is none, with 202 while it is computed."""

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        self._workspace = workspace

    def list(self, request: Request) -> Response:
        """What the list shows of every mail, as columns."""
        return self._answer(request, _list, IMMUTABLE)

    def mail(self, request: Request) -> Response:
        """A mail as text."""
        return self._answer(request, _mail, IMMUTABLE)

    def scores(self, request: Request) -> Response:
        """What a run says of every mail, as columns."""
        return self._answer(request, _scores, IMMUTABLE)

    def opinion(self, request: Request) -> Response:
        """What a run says of one mail, and why."""
        return self._answer(request, _opinion, IMMUTABLE)

    def order(self, request: Request) -> Response:
        """An order as it is now."""
        return self._answer(request, _order, FRESH)

    def search(self, request: Request) -> Response:
        """Rows of the mails that have all words of `?words=`."""
        return self._answer(request, _search, FRESH)

    def _answer(self, request: Request, read: Read, headers: Mapping[str, str]) -> Response:
        mailbox = self._workspace().open_mailbox(request.path_params["name"])
        if mailbox is None:
            return PlainTextResponse(NOT_OPEN, 404)
        try:
            found = read(mailbox, request)
        except LookupError as error:
            return PlainTextResponse(str(error.args[0]), 404, headers=FRESH)
        if found is None:
            return PlainTextResponse("It is being computed.", 202, headers=FRESH)
        return Response(json.dumps(browser_json(found)), headers=headers, media_type="application/json")


def _list(mailbox: "Mailbox", request: Request) -> Any:
    mails = _mails(mailbox, request)
    return {
        "ids": mails.ids,
        "titles": [title[:_TITLE] for title in mails.titles],
        "beginnings": [" ".join(body[: 3 * _BEGINNING].split())[:_BEGINNING] for body in mails.bodies],
        "dates": mails.dates,
        "given": mails.given,
    }


def _mail(mailbox: "Mailbox", request: Request) -> Any:
    mails = _mails(mailbox, request)
    id_ = request.path_params["id"]
    if id_ not in mails.rows:
        raise LookupError("This mail is not in the set any more.")
    mail = mails.mail(mails.rows[id_])
    return {
        "title": mail.title,
        "body": mailbox.shown_body(mail),
        "characters": len(mail.body),
        "source": mail.source,
        "date": mail.date,
    }


def _scores(mailbox: "Mailbox", request: Request) -> Any:
    scored = mailbox.scored()
    if scored is None or scored.version != request.path_params["version"]:
        raise LookupError("There is a newer run by now.")
    scores = scored.scores
    return {
        "probability": scores.probability.round(4),
        "spam": scores.spam.astype(int),
        "disagree": ((scores.p_text >= 0.5) != (scores.p_numeric >= 0.5)).astype(int),
    }


def _opinion(mailbox: "Mailbox", request: Request) -> Any:
    found = mailbox.explanation(request.path_params["run"], request.path_params["id"])
    return None if found is None else asdict(found)


def _order(mailbox: "Mailbox", request: Request) -> Any:
    found = mailbox.order(request.path_params["order"])
    if found is None:
        return None
    version, order = found
    return {"version": version, "rows": order.rows, "reasons": order.reasons}


def _search(mailbox: "Mailbox", request: Request) -> Any:
    return {"rows": mailbox.search(request.query_params.get("words", ""))}


def _mails(mailbox: "Mailbox", request: Request) -> Any:
    """Raises `LookupError` where the mails are others."""
    mails = mailbox.mails
    if mails is None or mails.sha[:16] != request.path_params["sha"]:
        raise LookupError("The mails are others by now.")
    return mails
