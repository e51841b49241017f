"""The last ten acts of a user: what stays within reach of one click."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from heapq import nlargest
from itertools import chain

from ipo.preference.pairs import Pair
from ipo.preference.rows import GOOD, Row

RECENT = 10  # acts that stay editable


@dataclass(frozen=True)
class Act:
    """What was done to a candidate, or to two of them."""

    id: str  # of the candidate; of a pair, the preferred one
    label: int  # 1, −1, or 0 for a skip
    pair: Pair | None = None

    @property
    def candidates(self) -> tuple[str, ...]:
        """Ids of all candidates that it was about."""
        return self.pair.candidates if self.pair else (self.id,)


class Recent:
    """The last acts. Guarded by the session's lock."""

    def __init__(self) -> None:
        self._acts: deque[Act] = deque(maxlen=RECENT)  # newest last

    def __iter__(self) -> Iterator[Act]:
        """Newest first."""
        return reversed(self._acts)

    def candidates(self) -> set[str]:
        """Ids of all candidates that the acts were about."""
        return {id_ for act in self._acts for id_ in act.candidates}

    def skipped(self, id_: str) -> bool:
        return Act(id_, 0) in self._acts

    def add(self, act: Act) -> None:
        """Put an act in front; what was done before to the same candidates is not listed any more."""
        for id_ in act.candidates:
            self.forget(id_)
        self._acts.append(act)

    def forget(self, id_: str) -> None:
        """Take the act about a candidate off the list."""
        self._acts = deque((act for act in self._acts if id_ not in act.candidates), maxlen=RECENT)

    def relabel(self, id_: str, label: int) -> None:
        """Change a label where it stands."""
        acts = (replace(act, label=label) if act.id == id_ and not act.pair else act for act in self._acts)
        self._acts = deque(acts, maxlen=RECENT)

    def missing(self, rows: Iterable[Row], pairs: Iterable[Pair]) -> list[Act]:
        """The latest acts that there is room for and that are not listed, newest first."""
        return latest(rows, pairs, RECENT - len(self._acts), besides=self.candidates())

    def add_older(self, act: Act) -> None:
        """Put an act at the end."""
        self._acts.appendleft(act)


def latest(
    rows: Iterable[Row], pairs: Iterable[Pair], most: int = RECENT, besides: Collection[str] = ()
) -> list[Act]:
    """The last acts that rows and pairs came from, newest first, but for those about some candidates."""
    out = set(besides)
    judged = ((row.judged_at, row.number, Act(row.candidate_id, row.label)) for row in rows)
    preferred = ((pair.judged_at, pair.number, Act(pair.candidates[0], GOOD, pair)) for pair in pairs)
    dated = (entry for entry in chain(judged, preferred) if not out.intersection(entry[2].candidates))
    return [act for *_, act in nlargest(most, dated, key=lambda entry: entry[:2])]
