"""What a user does to candidates, as it travels from the browser: numbered, about one candidate or two."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an event does to the candidate it names."""

    JUDGE = "judge"
    SKIP = "skip"
    RELABEL = "relabel"
    UNDO = "undo"
    PREFER = "prefer"  # to another one


@dataclass(frozen=True)
class Event:
    """One act of the user. `client` and `seq` make it unique; `label` is only for judgements.

    For a preference it says where the preferred candidate was: −1 left, 1 right, 0 unknown.
    """

    client: str
    seq: int
    kind: Kind
    candidate: str
    label: int = 0
    other: str = ""  # the candidate that was not preferred

    @property
    def id(self) -> str:
        return f"{self.client}:{self.seq}"


def number_of(event: str) -> int:
    """The number in an event's id, or −1 where it did not come from a browser."""
    number = event.rpartition(":")[2]
    return int(number) if number.isdecimal() else -1
