"""What a browser shows of a mailbox beside the mails: labels, the run, orders, what went wrong."""

import json
import logging
import zlib
from typing import TYPE_CHECKING, Any

from ipo.api.browser_json import browser_json
from ipo.mail.mails import NONE, SAFE, SPAM, UNSURE, MailSet

if TYPE_CHECKING:  # it brings the models, which a server that shows no mails does without
    from ipo.services.mail.mailbox import Codes, Mailbox

logger = logging.getLogger(__name__)

CLOSED = 0  # the version of a mailbox that is not at work here

_LETTERS = {SAFE: "h", SPAM: "s", NONE: "-", UNSURE: "u"}


def mailbox_view(mailbox: "Mailbox", clients: list[str], known: str | None) -> dict[str, Any]:
    """The view for the browsers that ask, as plain JSON; `known` is the version of the labels they show.

    `version` is another number when anything but the answers to these browsers is another.
    """
    shared = _shared(mailbox)
    mails = mailbox.mails
    if mails is not None and shared["labels"] != known:
        shared["codes"] = _letters(mailbox.codes(mails))
    return {**shared, "acknowledged": dict(mailbox.events.acknowledged(clients))}


def mailbox_version(mailbox: "Mailbox | None") -> int:
    """The version of a mailbox's view; `CLOSED` where it is not at work."""
    return CLOSED if mailbox is None else int(_shared(mailbox)["version"])


def _shared(mailbox: "Mailbox") -> dict[str, Any]:
    """What is the same for every browser."""
    mails, run, scored = mailbox.mails, mailbox.run, mailbox.scored()
    suggestions = mailbox.suggestions
    last = suggestions.last
    view: dict[str, Any] = browser_json(
        {
            "error": mailbox.events.error or mailbox.problem or suggestions.problem,
            "mails": None if mails is None else {"sha": mails.sha[:16], "count": len(mails)},
            "labels": None if mails is None else _labels_version(mailbox, mails),
            "undo": mailbox.store.undoable,
            "redo": mailbox.store.redoable,
            "run": None if run is None else run.id,
            "scores": None if scored is None else scored.version,
            "expects_scores": mailbox.expects_scores,
            "orders": mailbox.stamps(),
            "suggested": None if last is None else {"count": len(last.suggestions), "why": last.why},
        }
    )
    return {**view, "version": zlib.crc32(json.dumps(view).encode()) or 1}


def _labels_version(mailbox: "Mailbox", mails: MailSet) -> str:
    """Another one also where there are other mails: a letter belongs to a row."""
    return ".".join(map(str, (mails.sha[:16], *mailbox.store.version)))


def _letters(codes: "Codes") -> str:
    """A letter a mail."""
    return "".join(_LETTERS[code] for code in codes.tolist())
