"""What a browser posts about the labels of a set of images, read with suspicion."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter, with_config

from ipo.api.malformed import OMIT_MALFORMED
from ipo.records import STRICT, parse
from ipo.services.digits.label_events import LabelEvent, LabelEventKind

MAX_BYTES = 2**23  # the rows of a million points at a time
MAX_EVENTS = 5_000
_MAX_TEXT = 200  # characters

_Text = Annotated[str, Field(min_length=1, max_length=_MAX_TEXT)]
_Row = Annotated[int, Field(ge=0, lt=2**31)]
_ABOUT_ROWS = (LabelEventKind.LABEL, LabelEventKind.CLEAR, LabelEventKind.UNSURE)


@with_config(STRICT)
@dataclass(frozen=True)
class LabelEventRecord:
    """An event as JSON has it."""

    client: _Text
    seq: Annotated[int, Field(ge=0, le=2**53)]
    kind: LabelEventKind
    rows: list[_Row] | None = None
    label: Annotated[int, Field(ge=0, lt=127)] | None = None
    name: _Text | None = None

    def __post_init__(self) -> None:
        if self.kind in _ABOUT_ROWS and not self.rows:
            raise ValueError("one image or more would be right")
        if self.kind == LabelEventKind.LABEL and self.label is None:
            raise ValueError("a class would be right")

    def event(self) -> LabelEvent:
        return LabelEvent(self.client, self.seq, self.kind, self.rows or (), self.label, self.name or "")


@with_config(STRICT)
@dataclass(frozen=True)
class LabelSubmission:
    """The unacknowledged events of a browser, oldest first, and the version of the labels that it shows."""

    client: _Text
    events: Annotated[list[Annotated[LabelEventRecord, OMIT_MALFORMED]], Field(max_length=MAX_EVENTS)]
    known: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    retry: bool = False  # whether to try again what failed last

    @property
    def clients(self) -> list[str]:
        """The browsers (page loads) that it is about."""
        return sorted({self.client, *(event.client for event in self.events)})


_SUBMISSION = TypeAdapter(LabelSubmission)


def parse_label_submission(body: bytes) -> LabelSubmission:
    """Events that are malformed are left out. Raises `ValueError` with a sentence, as `ipo.records.parse`."""
    return parse(body, _SUBMISSION, "The request", MAX_BYTES)
