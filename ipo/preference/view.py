"""What a page shows of a session: the candidates in hand, and what was done last."""

from dataclasses import dataclass

from ipo.preference.candidates import Candidate
from ipo.preference.queue import Shown


@dataclass(frozen=True)
class RecentJudgement:
    """A recent act: label 1, −1, or 0 for a skip; 1 for a preference, which has an `other` candidate."""

    candidate: Candidate
    label: int
    order: tuple[int, ...]  # when it and the changes to it were done, counted over all acts; oldest first
    other: Candidate | None = None
    side: int = 0  # where the preferred candidate was: −1 left, 1 right
    earlier: tuple[int, ...] = ()  # labels that undo brings back one by one, oldest first


@dataclass(frozen=True)
class SessionView:
    """What a page shows: the candidates in hand (first one first), the last acts (newest first)."""

    queue: list[Shown]
    recent: list[RecentJudgement]
    acknowledged: dict[str, int]  # client → last applied sequence number
    decoding: int  # candidates on their way
    notice: str  # what the user should know about the last events; empty if nothing
    error: str  # why no candidates come; empty if they do
