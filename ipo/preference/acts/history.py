"""What was done in a session, in order: what undo takes back and redo does again.

Everything follows from the histories of rows, pairs and skips, those of undone ones included: it is the same
after a restart. Undo is about the newest act that stands, redo about the last undone one, until there is a
new act.
"""

import sys
from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice

from ipo.preference.events import client_of, number_of
from ipo.preference.schema import HistoryEntry
from ipo.preference.storage.numbered_folders import Item, Kind
from ipo.preference.storage.standing import Action, Standing, is_new, label_of, standing

CREATING = {Kind.ROW: Action.JUDGE, Kind.PAIR: Action.PREFER, Kind.SKIP: Action.SKIP}
Order = tuple[
    int, str, str, int
]  # number of the act; moment, of one without; client; number of such an event
_BEGINNING: Order = (-1, "", "", 0)


@dataclass(frozen=True, slots=True)
class Change:
    """What an act did to one row, pair or skip."""

    order: Order  # the changes of one act share it
    item: Item
    action: str
    event: str
    label: int  # of the row from then on; 0 for a pair or a skip
    before: int  # its label until then; 0 for none

    @property
    def key(self) -> tuple[Order, int, Item]:
        return self.order, number_of(self.event), self.item


@dataclass(frozen=True)
class Act:
    """What was done at once; `changes` in the order in which they were done."""

    changes: tuple[Change, ...]

    @property
    def event(self) -> str:
        """What the act is called: its first event."""
        return self.changes[0].event

    @property
    def client(self) -> str:
        return client_of(self.event)

    def has(self, event: str) -> bool:
        return any(change.event == event for change in self.changes)


@dataclass(frozen=True, slots=True)
class _Undone:
    """A change that was taken back, with the order of the undo."""

    undo: Order
    change: Change

    @property
    def key(self) -> tuple[Order, tuple[Order, int, Item]]:
        return self.undo, self.change.key


@dataclass(frozen=True, slots=True)
class _Changes:
    """Those of one item, oldest first."""

    standing: tuple[Change, ...]
    undone: tuple[_Undone, ...]
    present: bool


class ActHistory:
    """The acts of one session. Guarded by the session's lock."""

    def __init__(self, histories: Iterable[tuple[Item, tuple[HistoryEntry, ...]]] = ()) -> None:
        self._changes: dict[Item, _Changes] = {}
        self._standing: list[Change] = []  # oldest first
        self._undone: list[_Undone] = []  # in the order of their undos
        self._newest = 0  # number of the newest act, undos included
        self._newest_event = ""
        self._last_new = _BEGINNING  # order of the newest act that was no undo or redo
        listed = list(histories)
        moments = _moments(entry for _, history in listed for entry in history if entry.act is None)
        for item, history in listed:
            self._note(item, history, moments)
        for changes in self._changes.values():
            self._standing += changes.standing
            self._undone += changes.undone
        self._standing.sort(key=lambda change: change.key)
        self._undone.sort(key=lambda undone: undone.key)

    def update(self, item: Item, history: tuple[HistoryEntry, ...]) -> None:
        """Take in an item that is new, or to which something was done."""
        self.discard(item)
        self._note(item, history, _moments(entry for entry in history if entry.act is None))
        for change in self._changes[item].standing:
            insort(self._standing, change, key=lambda change: change.key)
        for undone in self._changes[item].undone:
            insort(self._undone, undone, key=lambda undone: undone.key)

    def discard(self, item: Item) -> None:
        """Forget an item that is not there any more."""
        changes = self._changes.pop(item, None)
        if changes is None:
            return
        for change in changes.standing:
            del self._standing[bisect_left(self._standing, change.key, key=lambda change: change.key)]
        for undone in changes.undone:
            del self._undone[bisect_left(self._undone, undone.key, key=lambda undone: undone.key)]

    def undoable(self) -> Iterator[Act]:
        """Acts that stand, newest first."""
        for _, changes in groupby(reversed(self._standing), key=lambda change: change.order):
            yield Act(tuple(changes)[::-1])

    def redoable(self) -> Iterator[Act]:
        """Acts that redo does again one by one, the next first."""
        for undo, undone in groupby(reversed(self._undone), key=lambda undone: undone.undo):
            if undo <= self._last_new:
                return
            yield Act(tuple(one.change for one in undone)[::-1])

    def number(self, event: str, first: int | None = None) -> int:
        """The number of the act that an event belongs to.

        `first` is the number of the act's first event, if one act has several.
        """
        if event == self._newest_event:
            return self._newest  # the rest of what could not be saved as a whole
        last = next(self.undoable(), None)
        if (
            first is not None
            and last is not None
            and last.changes[0].order[0] == self._newest
            and last.client == client_of(event)
            and number_of(last.event) >= first
        ):
            return self._newest
        return self._newest + 1

    def last_judged(self, most: int, hidden: Collection[Item] = ()) -> list[Item]:
        """The rows, pairs and skips that were judged last, newest first."""
        items = (change.item for change in reversed(self._standing) if change.action in CREATING.values())
        there = (item for item in items if self._changes[item].present and item not in hidden)
        return list(islice(there, most))

    def place(self, item: Item) -> int:
        """Where the judgement of an item is, or was, counted from the oldest act that stands."""
        changes = self._changes[item]
        first = changes.standing[0] if changes.standing else changes.undone[0].change
        return bisect_left(self._standing, first.key, key=lambda change: change.key)

    def _note(self, item: Item, history: tuple[HistoryEntry, ...], moments: dict[str, str]) -> None:
        for entry in history:
            order = _order(entry, moments)
            if order[0] > self._newest:
                self._newest, self._newest_event = order[0], entry.event
            if is_new(entry):
                self._last_new = max(self._last_new, order)
        self._changes[item] = _changes_of(item, standing(history), moments)


def _changes_of(item: Item, acts: Standing, moments: dict[str, str]) -> _Changes:
    stand = tuple(_change(item, acts.acts[: place + 1], moments) for place in range(len(acts.acts)))
    undone = []
    before = list(acts.acts)
    for one in reversed(acts.undone):
        change = _change(item, [*before, one.acts[0]], moments)
        before += one.acts  # what was done to it meanwhile comes back with the judgement
        undone.append(_Undone(_order(one.undo, moments), replace(change, label=label_of(before))))
    return _Changes(stand, tuple(undone), acts.present)


def _change(item: Item, acts: Sequence[HistoryEntry], moments: dict[str, str]) -> Change:
    """The last of these acts on an item."""
    entry = acts[-1]
    label, before = label_of(acts), label_of(acts[:-1])
    action = CREATING[item.kind] if len(acts) == 1 else entry.action
    return Change(_order(entry, moments), item, action, entry.event, label, before)


def _order(entry: HistoryEntry, moments: dict[str, str]) -> Order:
    if entry.act is not None:
        return entry.act, "", sys.intern(client_of(entry.event)), 0
    return 0, moments[entry.event], client_of(entry.event), number_of(entry.event)


def _moments(entries: Iterable[HistoryEntry]) -> dict[str, str]:
    """When each act was done, by its event, where acts were not counted: never before what the same browser
    did earlier. A clock may be set back; the events of a browser are numbered.
    """
    moments: dict[str, str] = {}
    newest: dict[str, str] = {}  # browser → moment of its last act so far
    for entry in sorted(entries, key=lambda entry: number_of(entry.event)):
        client = client_of(entry.event)
        moments[entry.event] = newest[client] = max(entry.at, newest.get(client, ""))
    return moments
