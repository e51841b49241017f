"""What a user does to candidates, as it travels from the browser: numbered, about one candidate or two."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an event does to the candidate it names."""

    JUDGE = "judge"
    SKIP = "skip"
    RELABEL = "relabel"
    REMOVE = "remove"  # a judgement or a skip: the image is shown again
    PREFER = "prefer"  # to another one
    UNDO = "undo"  # the newest act; names one of its events
    REDO = "redo"  # the act that was undone last; names one of its events


@dataclass(frozen=True)
class Event:
    """What a user did, or a part of it. `client` and `seq` make it unique; `label` is only for judgements.

    For a preference it says where the preferred candidate was: −1 left, 1 right, 0 unknown.
    """

    client: str
    seq: int
    kind: Kind
    target: str  # a candidate; of undo and redo, an event of the act that the browser saw as the next
    label: int = 0
    other: str = ""  # the candidate that was not preferred
    first: int | None = None  # number of the act's first event, where one act has several

    @property
    def id(self) -> str:
        return f"{self.client}:{self.seq}"


def number_of(event: str) -> int:
    """The number in an event's id, or −1 where it did not come from a browser."""
    number = event.rpartition(":")[2]
    return int(number) if number.isdecimal() else -1


def client_of(event: str) -> str:
    """The browser in an event's id."""
    return event.rpartition(":")[0]
