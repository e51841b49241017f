"""What a browser posts about the labels of mails, read with suspicion."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter, with_config

from ipo.api.malformed import OMIT_MALFORMED
from ipo.records import STRICT, parse
from ipo.services.mail.mailbox_events import MailboxEvent, MailboxEventKind

MAX_BYTES = 2**20
MAX_EVENTS = 5_000
_MAX_TEXT = 200  # characters

_Text = Annotated[str, Field(min_length=1, max_length=_MAX_TEXT)]
_MailId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
_ABOUT_NO_MAIL = (MailboxEventKind.UNDO, MailboxEventKind.REDO)


@with_config(STRICT)
@dataclass(frozen=True)
class MailboxEventRecord:
    """An event as JSON has it."""

    client: _Text
    seq: Annotated[int, Field(ge=0, le=2**53)]
    kind: MailboxEventKind
    mail: _MailId | None = None

    def __post_init__(self) -> None:
        if self.kind not in _ABOUT_NO_MAIL and self.mail is None:
            raise ValueError("the id of a mail would be right")

    def event(self) -> MailboxEvent:
        return MailboxEvent(self.client, self.seq, self.kind, self.mail or "")


@with_config(STRICT)
@dataclass(frozen=True)
class MailboxSubmission:
    """The unacknowledged events of a browser, oldest first, and the version of the labels that it shows."""

    client: _Text
    events: Annotated[list[Annotated[MailboxEventRecord, OMIT_MALFORMED]], Field(max_length=MAX_EVENTS)]
    known: Annotated[str, Field(max_length=_MAX_TEXT)] | None = None
    retry: bool = False  # whether to try again what failed last

    @property
    def clients(self) -> list[str]:
        """The browsers (page loads) that it is about."""
        return sorted({self.client, *(event.client for event in self.events)})


_SUBMISSION = TypeAdapter(MailboxSubmission)


def parse_mailbox_submission(body: bytes) -> MailboxSubmission:
    """Events that are malformed are left out. Raises `ValueError` with a sentence, as `ipo.records.parse`."""
    return parse(body, _SUBMISSION, "The request", MAX_BYTES)
