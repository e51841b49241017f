"""What a browser posts about a preference session, read with suspicion."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter, with_config

from ipo.api.malformed import OMIT_MALFORMED
from ipo.preference.events import Event, Kind
from ipo.records import STRICT, parse

MAX_BYTES = 2**20
MAX_EVENTS = 5_000
_MAX_TEXT = 200  # characters
_MAX_IMAGES = 100  # that a page may want decoded

_LABELLED = (Kind.JUDGE, Kind.RELABEL, Kind.PREFER)
_Text = Annotated[str, Field(min_length=1, max_length=_MAX_TEXT)]
_Count = Annotated[int, Field(ge=0, le=_MAX_IMAGES)]


@with_config(STRICT)
@dataclass(frozen=True)
class EventRecord:
    """An event as JSON has it."""

    client: _Text
    seq: Annotated[int, Field(ge=0, le=2**53)]
    kind: Kind
    id: _Text
    label: int | None = None
    other: _Text | None = None
    first: Annotated[int, Field(ge=0, le=2**53)] | None = None

    def __post_init__(self) -> None:
        if self.label not in (1, -1) and self.kind in _LABELLED:
            raise ValueError("1 or -1 would be right")
        if self.other is None and self.kind == Kind.PREFER:
            raise ValueError("a preference is about two candidates")

    def event(self) -> Event:
        other = self.other if self.kind == Kind.PREFER else None
        return Event(self.client, self.seq, self.kind, self.id, self.label or 0, other or "", self.first)


@with_config(STRICT)
@dataclass(frozen=True)
class Submission:
    """The unacknowledged events of a browser, oldest first, and what it shows.

    `tiles` and `ahead`: images at a time, and those to be decoded beyond; without both, nothing is decoded.
    """

    client: _Text
    events: Annotated[list[Annotated[EventRecord, OMIT_MALFORMED]], Field(max_length=MAX_EVENTS)]
    tiles: _Count | None = None
    ahead: _Count | None = None
    retry: bool = False  # whether to try again what failed last

    @property
    def clients(self) -> list[str]:
        """The browsers (page loads) that it is about."""
        return sorted({self.client, *(event.client for event in self.events)})


_SUBMISSION = TypeAdapter(Submission)


def parse_submission(body: bytes) -> Submission:
    """Events that are malformed are left out. Raises `ValueError` with a sentence, as `ipo.records.parse`."""
    return parse(body, _SUBMISSION, "The request", MAX_BYTES)
