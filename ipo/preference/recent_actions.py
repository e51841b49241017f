"""The last ten acts of a user: what stays within reach of one click."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from itertools import accumulate

from ipo.preference.events import number_of
from ipo.preference.schema import HistoryEntry
from ipo.preference.storage.pairs import Pair
from ipo.preference.storage.rows import GOOD, Row

RECENT = 10  # acts that stay editable


@dataclass(frozen=True)
class Action:
    """What was done to a candidate, or to two of them."""

    id: str  # of the candidate; of a pair, the preferred one
    label: int  # 1, −1, or 0 for a skip
    pair: Pair | None = None
    earlier: tuple[int, ...] = ()  # labels before each change of it that stands, oldest first
    moments: tuple[str, ...] = ()  # when it and these changes were done, if it was read from disk
    order: tuple[int, ...] = ()  # the same, counted over all acts

    @property
    def candidates(self) -> tuple[str, ...]:
        """Ids of all candidates that it was about."""
        return self.pair.candidates if self.pair else (self.id,)


class RecentActions:
    """The last acts. Guarded by the session's lock."""

    def __init__(self) -> None:
        self._acts: deque[Action] = deque(maxlen=RECENT)  # newest last
        self._newest = self._oldest = 0  # in the order of all acts

    def __iter__(self) -> Iterator[Action]:
        """Newest first."""
        return reversed(self._acts)

    def candidates(self) -> set[str]:
        """Ids of all candidates that the acts were about."""
        return {id_ for act in self._acts for id_ in act.candidates}

    def skipped(self, id_: str) -> bool:
        return any(act.id == id_ and act.label == 0 for act in self._acts)

    def fill(self, acts: Sequence[Action]) -> None:
        """List the acts of an opened session, newest first, with their changes in the order of time."""
        listed = list(reversed(acts))
        done = sorted(
            (moment, place, change)
            for place, act in enumerate(listed)
            for change, moment in enumerate(accumulate(act.moments, max))  # a clock may be set back
        )
        rank = {(place, change): number for number, (_, place, change) in enumerate(done)}
        self._acts.clear()
        for place, act in enumerate(listed):
            order = tuple(rank[place, change] for change in range(len(act.moments)))
            self._acts.append(replace(act, order=order))
        self._newest = len(done)

    def add(self, act: Action) -> None:
        """Put an act in front; what was done before to the same candidates is not listed any more."""
        for id_ in act.candidates:
            self.forget(id_)
        self._acts.append(replace(act, order=(self._count(),)))

    def forget(self, id_: str) -> None:
        """Take the act about a candidate off the list."""
        self._acts = deque((act for act in self._acts if id_ not in act.candidates), maxlen=RECENT)

    def relabel(self, id_: str, label: int) -> None:
        """Change a label where it stands; that is the last act from now on."""
        count = self._count()

        def relabelled(act: Action) -> Action:
            return replace(act, label=label, earlier=(*act.earlier, act.label), order=(*act.order, count))

        self._change(id_, relabelled)

    def revert(self, id_: str, label: int) -> None:
        """Bring the label from before its last change back."""
        self._change(
            id_, lambda act: replace(act, label=label, earlier=act.earlier[:-1], order=act.order[:-1])
        )

    def missing(self, rows: Iterable[Row], pairs: Iterable[Pair]) -> list[Action]:
        """The latest acts that there is room for and that are not listed, newest first."""
        return latest(rows, pairs, RECENT - len(self._acts), besides=self.candidates())

    def add_older(self, act: Action) -> None:
        """Put an act at the end."""
        self._oldest -= len(act.moments)
        order = tuple(range(self._oldest, self._oldest + len(act.moments)))
        self._acts.appendleft(replace(act, order=order))

    def _count(self) -> int:
        self._newest += 1
        return self._newest

    def _change(self, id_: str, change: Callable[[Action], Action]) -> None:
        acts = (change(act) if act.id == id_ and not act.pair else act for act in self._acts)
        self._acts = deque(acts, maxlen=RECENT)


def latest(
    rows: Iterable[Row], pairs: Iterable[Pair], most: int = RECENT, besides: Collection[str] = ()
) -> list[Action]:
    """The last acts that rows and pairs came from, newest first, but for those about some candidates."""
    out = set(besides)
    judged: list[Row | Pair] = [*rows, *pairs]
    moments = _moments(act for one in judged for act in one.standing)
    acts = ((one.number, _act_of(one, moments)) for one in judged)
    dated = (entry for entry in acts if not out.intersection(entry[1].candidates))
    return [act for _, act in nlargest(most, dated, key=lambda entry: (entry[1].moments[0], entry[0]))]


def _act_of(judged: Row | Pair, moments: Mapping[str, str]) -> Action:
    done = tuple(moments[act.event] for act in judged.standing)
    if isinstance(judged, Pair):
        return Action(judged.candidates[0], GOOD, judged, moments=done)
    return Action(judged.candidate_id, judged.label, earlier=judged.earlier, moments=done)


def _moments(acts: Iterable[HistoryEntry]) -> dict[str, str]:
    """When each act was done, by its event: never before what the same browser did earlier.

    A clock may be set back; the events of a browser are numbered.
    """
    moments: dict[str, str] = {}
    newest: dict[str, str] = {}  # browser → moment of its last act so far
    for act in sorted(acts, key=lambda act: number_of(act.event)):
        client = act.event.rpartition(":")[0]
        moments[act.event] = newest[client] = max(act.at, newest.get(client, ""))
    return moments
