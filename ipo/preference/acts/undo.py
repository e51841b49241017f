"""Undo and redo over all that was done in a session, in order, whichever browser did it."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ipo.preference.acts.history import Change
from ipo.preference.candidates import Candidate
from ipo.preference.dataset import PreferenceDataset, Stamp
from ipo.preference.queue import CandidateQueue
from ipo.preference.storage.numbered_folders import Item
from ipo.preference.storage.rows import Row, RowStore
from ipo.preference.storage.standing import Action

logger = logging.getLogger("ipo.preference.acts.undo")

ANOTHER_ACT = (
    "Something else was done in another tab meanwhile, so nothing was {done}. Press again if you mean that."
)


@dataclass
class Lost:
    """What was found to be gone, for the user; empty if nothing."""

    warning: str = ""


class UndoApplier:
    """Takes acts back and does them again. Guarded by the session's lock."""

    def __init__(self, dataset: PreferenceDataset, queue: CandidateQueue, rows: RowStore) -> None:
        self._dataset, self._queue, self._rows = dataset, queue, rows

    def undo(self, event: str, stamp: Stamp) -> str:
        """Take the newest act back, if the event is one of it; what the user should know.

        Raises `OSError` if that could not be saved as a whole.
        """
        act = next(self._dataset.history.undoable(), None)
        if act is None:
            return ""
        if not act.has(event):
            return ANOTHER_ACT.format(done="taken back")
        warnings = [self._take_back(change, stamp) for change in reversed(act.changes)]
        return " ".join(filter(None, warnings))

    def redo(self, event: str, stamp: Stamp) -> str:
        """Do the act that was undone last again, if the event is one of it."""
        act = next(self._dataset.history.redoable(), None)
        if act is None or not act.has(event):
            return ANOTHER_ACT.format(done="done again")
        warnings = [self._do_again(change, stamp) for change in act.changes]
        return " ".join(filter(None, warnings))

    def remove(self, id_: str, stamp: Stamp) -> str:
        """Take the judgement or the skip of a candidate back, as an act of its own."""
        judged = self._dataset.judged(id_) or self._dataset.skips.get(id_)
        return "" if judged is None else self._take_away(judged.item, Action.REMOVE, stamp)

    @contextlib.contextmanager
    def missing(self, item: Item) -> Iterator[Lost]:
        """Another process undid an item, or someone removed or damaged its files: it is forgotten, and said.

        Where the folder of all of its kind is gone, nobody knows, and the error is raised.
        """
        lost = Lost()
        try:
            yield lost
        except (FileNotFoundError, ValueError) as error:
            if self._dataset.folder_gone(item):
                raise
            logger.warning("%s %06d: %s", item.kind, item.number, error)
            lost.warning = (
                f"{item.kind.capitalize()} {item.number:06d} in the session's folder is gone or damaged; "
                "it was taken off the list."
            )
            judged = self._dataset.holding(item)
            if judged is None:
                self._dataset.history.discard(item)
            else:
                self._dataset.forget(judged)

    def _take_back(self, change: Change, stamp: Stamp) -> str:
        if change.action == Action.REMOVE:
            return self._bring_back(change, Action.REVERT, stamp)
        if change.action in (Action.JUDGE, Action.PREFER, Action.SKIP):
            return self._take_away(change.item, Action.UNDO, stamp)
        return self._relabel(change.item, change.before, Action.REVERT, stamp)

    def _do_again(self, change: Change, stamp: Stamp) -> str:
        if change.action == Action.REMOVE:
            return self._take_away(change.item, Action.REDO, stamp)
        if change.action in (Action.JUDGE, Action.PREFER, Action.SKIP):
            return self._bring_back(change, Action.REDO, stamp)
        return self._relabel(change.item, change.label, Action.REDO, stamp)

    def _relabel(self, item: Item, label: int, action: Action, stamp: Stamp) -> str:
        with self.missing(item) as lost:
            row = self._dataset.holding(item)
            if not isinstance(row, Row):
                raise FileNotFoundError(item)
            self._dataset.relabel(row, label, stamp, action)
        return lost.warning

    def _take_away(self, item: Item, action: Action, stamp: Stamp) -> str:
        """Show the candidates of a judgement or a skip next, which is taken back."""
        candidates: Sequence[Candidate] = ()
        with self.missing(item) as lost:
            judged = self._dataset.holding(item)
            if judged is None:
                raise FileNotFoundError(item)
            candidates = self._dataset.take_away(judged, action, stamp, self._queue.in_memory)
        for candidate in reversed(candidates):
            if self._dataset.judged(candidate.id) or candidate.id in self._dataset.skips:
                continue  # it was skipped once, and judged all the same
            self._save_pending(candidate)
            self._queue.push_front(candidate)
        return lost.warning

    def _bring_back(self, change: Change, action: Action, stamp: Stamp) -> str:
        """Put an undone judgement or skip where it was; its candidates are not shown any more."""
        with self.missing(change.item) as lost:
            self._dataset.bring_back(change, action, stamp)
            for id_ in change.item.candidates:
                self._queue.remove(id_)
                self._rows.discard_pending(id_)
        return lost.warning

    def _save_pending(self, candidate: Candidate) -> None:
        try:
            self._rows.save_pending(candidate)
        except OSError as error:
            logger.warning("candidate %s is kept in memory only: %s", candidate.id, error)
