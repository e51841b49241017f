"""The last ten actions of a user: what stays within reach of one click."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from itertools import accumulate

from ipo.preference.events import number_of
from ipo.preference.schema import HistoryEntry
from ipo.preference.storage.pairs import Pair
from ipo.preference.storage.rows import GOOD, Row

RECENT = 10  # actions that stay editable


@dataclass(frozen=True)
class Action:
    """What was done to a candidate, or to two of them."""

    id: str  # of the candidate; of a pair, the preferred one
    label: int  # 1, −1, or 0 for a skip
    pair: Pair | None = None
    earlier: tuple[int, ...] = ()  # labels before each change of it that stands, oldest first
    moments: tuple[str, ...] = ()  # when it and these changes were done, if it was read from disk
    order: tuple[int, ...] = ()  # the same, counted over all actions

    @property
    def candidates(self) -> tuple[str, ...]:
        """Ids of all candidates that it was about."""
        return self.pair.candidates if self.pair else (self.id,)


class RecentActions:
    """The last actions. Guarded by the session's lock."""

    def __init__(self) -> None:
        self._actions: deque[Action] = deque(maxlen=RECENT)  # newest last
        self._newest = self._oldest = 0  # in the order of all actions

    def __iter__(self) -> Iterator[Action]:
        """Newest first."""
        return reversed(self._actions)

    def candidates(self) -> set[str]:
        """Ids of all candidates that the actions were about."""
        return {id_ for action in self._actions for id_ in action.candidates}

    def skipped(self, id_: str) -> bool:
        return any(action.id == id_ and action.label == 0 for action in self._actions)

    def fill(self, actions: Sequence[Action]) -> None:
        """List the actions of an opened session, newest first, with their changes in the order of time."""
        listed = list(reversed(actions))
        done = sorted(
            (moment, place, change)
            for place, action in enumerate(listed)
            for change, moment in enumerate(accumulate(action.moments, max))  # a clock may be set back
        )
        rank = {(place, change): number for number, (_, place, change) in enumerate(done)}
        self._actions.clear()
        for place, action in enumerate(listed):
            order = tuple(rank[place, change] for change in range(len(action.moments)))
            self._actions.append(replace(action, order=order))
        self._newest = len(done)

    def add(self, action: Action) -> None:
        """Put an action in front; what was done before to the same candidates is not listed any more."""
        for id_ in action.candidates:
            self.forget(id_)
        self._actions.append(replace(action, order=(self._count(),)))

    def forget(self, id_: str) -> None:
        """Take the action about a candidate off the list."""
        self._actions = deque(
            (action for action in self._actions if id_ not in action.candidates), maxlen=RECENT
        )

    def relabel(self, id_: str, label: int) -> None:
        """Change a label where it stands; that is the last action from now on."""
        count = self._count()

        def relabelled(action: Action) -> Action:
            return replace(
                action, label=label, earlier=(*action.earlier, action.label), order=(*action.order, count)
            )

        self._change(id_, relabelled)

    def revert(self, id_: str, label: int) -> None:
        """Bring the label from before its last change back."""
        self._change(
            id_,
            lambda action: replace(action, label=label, earlier=action.earlier[:-1], order=action.order[:-1]),
        )

    def missing(self, rows: Iterable[Row], pairs: Iterable[Pair]) -> list[Action]:
        """The latest actions that there is room for and that are not listed, newest first."""
        return latest(rows, pairs, RECENT - len(self._actions), besides=self.candidates())

    def add_older(self, action: Action) -> None:
        """Put an action at the end."""
        self._oldest -= len(action.moments)
        order = tuple(range(self._oldest, self._oldest + len(action.moments)))
        self._actions.appendleft(replace(action, order=order))

    def _count(self) -> int:
        self._newest += 1
        return self._newest

    def _change(self, id_: str, change: Callable[[Action], Action]) -> None:
        actions = (
            change(action) if action.id == id_ and not action.pair else action for action in self._actions
        )
        self._actions = deque(actions, maxlen=RECENT)


def latest(
    rows: Iterable[Row], pairs: Iterable[Pair], most: int = RECENT, besides: Collection[str] = ()
) -> list[Action]:
    """The last actions that rows and pairs came from, newest first, but for those about some candidates."""
    excluded = set(besides)
    judged: list[Row | Pair] = [*rows, *pairs]
    moments = _moments(entry for one in judged for entry in one.standing)
    numbered = ((one.number, _action_of(one, moments)) for one in judged)
    listed = ((number, action) for number, action in numbered if not excluded.intersection(action.candidates))
    return [action for _, action in nlargest(most, listed, key=_when_judged)]


def _when_judged(numbered: tuple[int, Action]) -> tuple[str, int]:
    number, action = numbered
    return action.moments[0], number


def _action_of(judged: Row | Pair, moments: Mapping[str, str]) -> Action:
    done = tuple(moments[entry.event] for entry in judged.standing)
    if isinstance(judged, Pair):
        return Action(judged.candidates[0], GOOD, judged, moments=done)
    return Action(judged.candidate_id, judged.label, earlier=judged.earlier, moments=done)


def _moments(entries: Iterable[HistoryEntry]) -> dict[str, str]:
    """When each action was done, by its event: never before what the same browser did earlier.

    A clock may be set back; the events of a browser are numbered.
    """
    moments: dict[str, str] = {}
    newest: dict[str, str] = {}  # browser → moment of its last action so far
    for entry in sorted(entries, key=lambda entry: number_of(entry.event)):
        client = entry.event.rpartition(":")[0]
        moments[entry.event] = newest[client] = max(entry.at, newest.get(client, ""))
    return moments
