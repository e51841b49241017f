"""Labels on disk: `labels.csv` for anybody to read, and a log of who labelled what, for undo.

    store = LabelStore(folder, count=60_000)
    store.label([17, 204], 7, who="the map")
    store.snapshot().values[17]            # 7; -1 where there is none

Each change is on disk when `label` returns. Several processes may share the folder: a lock holds across them,
and whoever changes or refreshes sees what the others did.
"""

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ipo.digits.labels import log
from ipo.digits.labels.csv_file import NONE, BadLabels, Values, encode, read
from ipo.digits.labels.log import Act
from ipo.durable import check_replaceable, replace_file, resolve_links
from ipo.file_locks import file_lock

__all__ = ["NONE", "BadLabels", "LabelStore", "Labels", "Signature", "Values", "signature"]

Signature = tuple[int, int, int] | None  # of a file as it is on disk; None: there is none

_REMEMBERED = 100_000  # bytes at the end of the log in which a repeated event is looked for


@dataclass(frozen=True, eq=False)
class Labels:
    """All labels at one moment. `values` `(n,)` int8 is read-only; `version` grows with every change."""

    values: Values
    version: int

    @property
    def count(self) -> int:
        """How many images have a label."""
        return int(np.count_nonzero(self.values != NONE))

    def per_class(self, classes: int = 10) -> NDArray[np.int64]:
        """How many images have each label."""
        return np.bincount(self.values[self.values != NONE], minlength=classes)


class LabelStore:
    """The labels of `count` images in `folder`. Safe for threads and processes.

    Raises `BadLabels` for a file that cannot be read, and `OSError` where the disk refuses.
    """

    def __init__(self, folder: Path, count: int = 60_000, classes: int = 10) -> None:
        self.path = folder / "labels.csv"
        self.log = folder / "labels.log.jsonl"
        self.count, self.classes = count, classes
        self._lock = threading.RLock()
        self._seen: Signature = None
        self._labels = Labels(_frozen(np.full(count, NONE, np.int8)), 0)
        self.refresh()

    def snapshot(self) -> Labels:
        """The labels as this process knows them. Reads nothing."""
        return self._labels

    def refresh(self) -> Labels:
        """The labels as they are on disk now: another process may have changed them."""
        with self._lock:
            found = signature(self.path)
            if found != self._seen or self._labels.version == 0:
                values = read(self.path, self.count, self.classes)
                self._adopt(values, found)
            return self._labels

    def label(
        self,
        serials: int | Sequence[int] | NDArray[Any],
        to: int | None,
        *,
        who: str = "user",
        event: str | None = None,
    ) -> Labels:
        """Give images a label, or take it away with `None`; on disk when this returns.

        An `event` that was applied already is not applied again. Raises `ValueError` for a label or an image
        that does not exist; then nothing is changed.
        """
        chosen = np.unique(np.atleast_1d(np.asarray(serials)))
        if chosen.dtype.kind not in "iu" and chosen.size:
            raise ValueError(f"Images are named by whole numbers, not by {chosen.dtype}.")
        if chosen.size and not 0 <= int(chosen[0]) <= int(chosen[-1]) < self.count:
            wrong = int(chosen[0]) if chosen[0] < 0 else int(chosen[-1])
            raise ValueError(f"There is no image {wrong}; 0 to {self.count - 1} would be right.")
        if to is not None and to not in range(self.classes):
            raise ValueError(f"{to!r} is no label; 0 to {self.classes - 1} or None would be right.")
        after = NONE if to is None else int(to)
        with self._writing():
            if event is not None and self._applied(event):
                return self._labels
            before = self._labels.values[chosen]
            changed = before != after
            if not changed.any():
                return self._labels
            act = _act(who, event, chosen[changed], before[changed], after)
            return self._write(act, chosen[changed], np.int8(after))

    def fill(self, values: Values, *, who: str) -> Labels:
        """Give images that have no label that of `values` `(n,)`, where it is not `NONE`; one act for undo.

        Raises `ValueError` for labels that do not exist.
        """
        if values.shape != (self.count,) or not NONE <= values.min() <= values.max() < self.classes:
            raise ValueError(
                f"Labels are {values.min()} to {values.max()} for {len(values)} images; "
                f"{NONE} to {self.classes - 1} for {self.count} would be right."
            )
        with self._writing():
            before = self._labels.values
            chosen = np.flatnonzero((before == NONE) & (values != NONE))
            if not chosen.size:
                return self._labels
            act = _act(who, None, chosen, before[chosen], values[chosen].tolist())
            return self._write(act, chosen, values[chosen])

    def undo(self, *, who: str = "user", event: str | None = None) -> Labels | None:
        """Take back the last change that still stands; `None` if there is none."""
        with self._writing():
            if event is not None and self._applied(event):
                return self._labels
            for act in self._standing():
                chosen = np.asarray(act.serials, np.int64)
                now = self._labels.values[chosen]
                still = now == np.asarray(act.after)  # what was labelled anew since then stays
                if still.any():
                    before = np.asarray(act.before, np.int8)[still]
                    undone = _act(who, event, chosen[still], now[still], None, of=act.event)
                    return self._write(undone, chosen[still], before)
            return None

    def history(self) -> list[dict[str, Any]]:
        """All acts that were logged, oldest first. Lines that do not fit are left out."""
        return [act.record() for act in self._acts(0)]

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Within, nobody else writes, and what is known is what is on disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        check_replaceable(self.path)
        # Beside the file that a link leads to, as others may have links to it.
        with self._lock, file_lock(resolve_links(self.path).with_name(".labels.lock")):
            self.refresh()
            yield

    def _write(self, act: Act, chosen: NDArray[np.int64], to: Values | np.int8) -> Labels:
        """The log first: an act in it that never came to pass does no harm, as `_done` and undo see that."""
        values = self._labels.values.copy()
        values[chosen] = to
        logged = log.append(self.log, act)
        try:
            replace_file(self.path, encode(values))
        except OSError:
            os.truncate(self.log, logged)  # the same event may come again
            raise
        return self._adopt(values, signature(self.path))

    def _adopt(self, values: Values, seen: "Signature") -> Labels:
        if self._labels.version == 0 or not np.array_equal(values, self._labels.values):
            self._labels = Labels(_frozen(values), self._labels.version + 1)
        self._seen = seen
        return self._labels

    def _applied(self, event: str) -> bool:
        """Whether an event is at the end of the log: it comes again within moments, or never."""
        size = self.log.stat().st_size if self.log.exists() else 0
        return any(act.event == event for act in self._done(max(0, size - _REMEMBERED)))

    def _standing(self) -> list[Act]:
        """Acts that were not undone, newest first."""
        acts = self._done(0)
        undone = {act.of for act in acts if act.action == "undo"}
        return [act for act in reversed(acts) if act.action == "label" and act.event not in undone]

    def _done(self, start: int) -> list[Act]:
        """The acts behind a position in the log, less one that a kill kept from labels.csv."""
        acts = self._acts(start)
        if acts and np.array_equal(self._labels.values[acts[-1].serials], acts[-1].before):
            acts.pop()
        return acts

    def _acts(self, start: int) -> list[Act]:
        return log.read(self.log, start, self.count, self.classes)


def _act(
    who: str,
    event: str | None,
    chosen: NDArray[Any],
    before: Values,
    after: int | list[int] | None,
    of: str | None = None,
) -> Act:
    named = {} if event is None else {"event": event}
    action: Literal["label", "undo"] = "label" if of is None else "undo"
    return Act(action, chosen.tolist(), before.tolist(), after, who=who, of=of, **named)


def signature(path: Path) -> Signature:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _frozen(values: Values) -> Values:
    values.setflags(write=False)
    return values
