"""The log of label events for people: one line a mail and change, with the label before."""

from collections.abc import Iterable
from dataclasses import dataclass

from ipo.mail.labels.events import LabelEvent
from ipo.mail.mails import LABEL_NAMES, MailSet

_NO_LABEL = "none"
_GONE = "not in the set any more"


@dataclass(frozen=True)
class AuditLine:
    """A label that was changed."""

    at: str  # ISO 8601, UTC
    who: str
    action: str  # label, undo or redo
    id: str
    title: str
    source: str
    before: str
    after: str


def audit_lines(events: Iterable[LabelEvent], mails: MailSet) -> list[AuditLine]:
    """The newest first."""
    labels: dict[str, str] = {}
    lines = []
    for event in events:
        for id_, label in event.pairs():
            row = mails.rows.get(id_)
            given = _NO_LABEL if row is None else LABEL_NAMES[int(mails.given[row])] or _NO_LABEL
            after = given if label == "given" else label
            title, source = ("", _GONE) if row is None else (mails.titles[row], mails.sources[row])
            before = labels.get(id_, given)
            lines.append(AuditLine(event.at, event.who, event.action, id_, title, source, before, after))
            labels[id_] = after
    return lines[::-1]
