"""What a page shows of a session: candidates, what was done last, and what undo and redo would do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from ipo.preference.acts.history import Act, Change
from ipo.preference.acts.wording import describe
from ipo.preference.candidates import Candidate
from ipo.preference.dataset import PreferenceDataset
from ipo.preference.pace import Making
from ipo.preference.proposals.predictions import Shown
from ipo.preference.proposals.previews import Preview
from ipo.preference.storage.pairs import Pair
from ipo.preference.storage.rows import GOOD, Row
from ipo.preference.storage.stores import Judged

MOST_ACTS = 10  # that a page can take back, or do again, before it hears of more


@dataclass(frozen=True)
class RecentJudgement:
    """What was judged recently: label 1, −1, 0 for a skip, 1 for a preference, which has an `other` one."""

    candidate: Candidate
    label: int
    place: int  # of the judgement among all acts that stand, oldest first
    other: Candidate | None = None
    side: int = 0  # where the preferred candidate was: −1 left, 1 right


@dataclass(frozen=True)
class ListedChange:
    """What an act did to one row, pair or skip."""

    change: Change
    place: int  # of its judgement, as in `RecentJudgement`
    side: int  # as there


@dataclass(frozen=True)
class ListedAct:
    """An act in words, and what it did."""

    event: str
    text: str
    changes: list[ListedChange]


@dataclass(frozen=True)
class SessionView:
    """What a page shows: the candidates in hand (first one first), the last judgements (newest first)."""

    queue: list[Shown]
    recent: list[RecentJudgement]
    undoable: list[ListedAct]  # the newest first
    redoable: list[ListedAct]  # the next one first
    acknowledged: dict[str, int]  # client → last applied sequence number
    decoding: int  # candidates on their way
    making: Making | None  # `None` where nobody waits for images
    previews: tuple[Preview, ...]  # of candidates on their way, the next one first
    notice: str  # what the user should know about the last events; empty if nothing
    error: str  # why no candidates come; empty if they do
    waiting: str  # why a pool of pictures has none to show now; empty if it has


def recent_judgement(
    judged: Judged, dataset: PreferenceDataset, candidates: Mapping[str, Candidate]
) -> RecentJudgement:
    """A judgement with its candidates, which are found by their ids."""
    place = dataset.history.place(judged.item)
    if isinstance(judged, Pair):
        preferred, other = (candidates[id_] for id_ in judged.candidates)
        return RecentJudgement(preferred, GOOD, place, other, judged.side)
    label = judged.label if isinstance(judged, Row) else 0
    return RecentJudgement(candidates[judged.candidate.id], label, place)


def listed_acts(acts: Iterator[Act], dataset: PreferenceDataset) -> list[ListedAct]:
    """The first of some acts, for a page."""
    return [
        ListedAct(act.event, describe(act), [_listed(change, dataset) for change in act.changes])
        for act in islice(acts, MOST_ACTS)
    ]


def _listed(change: Change, dataset: PreferenceDataset) -> ListedChange:
    judged = dataset.holding(change.item)
    side = judged.side if isinstance(judged, Pair) else 0
    return ListedChange(change, dataset.history.place(change.item), side)
