"""What a page shows of a session: the candidates in hand, and what was done last."""

from collections.abc import Mapping
from dataclasses import dataclass

from ipo.preference.candidates import Candidate
from ipo.preference.queue import Shown
from ipo.preference.recent_actions import Action


@dataclass(frozen=True)
class RecentJudgement:
    """A recent action: label 1, −1, or 0 for a skip; 1 for a preference, which has an `other` candidate."""

    candidate: Candidate
    label: int
    order: tuple[int, ...]  # when it and the changes to it were done, counted over all actions; oldest first
    other: Candidate | None = None
    side: int = 0  # where the preferred candidate was: −1 left, 1 right
    earlier: tuple[int, ...] = ()  # labels that undo brings back one by one, oldest first


@dataclass(frozen=True)
class SessionView:
    """What a page shows: the candidates in hand (first one first), the last actions (newest first)."""

    queue: list[Shown]
    recent: list[RecentJudgement]
    acknowledged: dict[str, int]  # client → last applied sequence number
    decoding: int  # candidates on their way
    notice: str  # what the user should know about the last events; empty if nothing
    error: str  # why no candidates come; empty if they do


def recent_judgement(action: Action, candidates: Mapping[str, Candidate]) -> RecentJudgement:
    """A recent action with its candidates, which are found by their ids."""
    if action.pair is None:
        return RecentJudgement(candidates[action.id], action.label, action.order, earlier=action.earlier)
    preferred, other = (candidates[id_] for id_ in action.candidates)
    return RecentJudgement(preferred, action.label, action.order, other, action.pair.side)
