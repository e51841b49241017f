"""Which acts on a row, a pair or a skip stand, by its history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ipo.preference.schema import HistoryEntry


class Action(StrEnum):
    """What an entry of a history says was done."""

    JUDGE = "judge"
    PREFER = "prefer"
    SKIP = "skip"
    RELABEL = "relabel"
    REMOVE = "remove"  # chosen for itself; undo brings it back
    UNDO = "undo"  # of the judgement, with all that was done to it since
    REVERT = "revert"  # undo of what was done last, which was no judgement
    REDO = "redo"


TAKES_BACK = (Action.UNDO, Action.REVERT)


@dataclass(frozen=True)
class Undone:
    """Acts that were taken back by one undo, oldest first."""

    acts: tuple[HistoryEntry, ...]
    undo: HistoryEntry


@dataclass(frozen=True)
class Standing:
    """Acts that were not taken back, oldest first, and those that were; the last undone is the last."""

    acts: tuple[HistoryEntry, ...]
    undone: tuple[Undone, ...]

    @property
    def present(self) -> bool:
        """Whether it is among the rows, pairs or skips."""
        return bool(self.acts) and self.acts[-1].action != Action.REMOVE


def is_new(entry: HistoryEntry) -> bool:
    """Whether an entry is an act of its own: not an undo or redo of another."""
    return entry.action != Action.REDO and entry.action not in TAKES_BACK


def standing(history: Iterable[HistoryEntry]) -> Standing:
    """What stands after a history, oldest entry first. An undo without an act is passed over."""
    acts: list[HistoryEntry] = []
    undone: list[Undone] = []
    for entry in history:
        if is_new(entry):
            acts.append(entry)
            undone.clear()
        elif entry.action == Action.REDO:
            acts += undone.pop().acts if undone else ()
        elif acts:
            first = 0 if entry.action == Action.UNDO else max(1, len(acts) - 1)
            if first < len(acts):
                undone.append(Undone(tuple(acts[first:]), entry))
            del acts[first:]
    return Standing(tuple(acts), tuple(undone))


def label_of(acts: Sequence[HistoryEntry]) -> int:
    """The label after acts; 0 where they gave none."""
    return next((entry.label for entry in reversed(acts) if entry.label is not None), 0)
