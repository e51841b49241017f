"""What a user does to candidates, as it travels from the browser: numbered, and about one candidate each."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an event does to the candidate it names."""

    JUDGE = "judge"
    SKIP = "skip"
    RELABEL = "relabel"
    UNDO = "undo"


@dataclass(frozen=True)
class Event:
    """One act of the user. `client` and `seq` make it unique; `label` is only for judgements."""

    client: str
    seq: int
    kind: Kind
    candidate: str
    label: int = 0

    @property
    def id(self) -> str:
        return f"{self.client}:{self.seq}"
