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
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.digits.labels import log
from ipo.digits.labels.csv_file import NONE, UNSURE, BadLabels, Values
from ipo.digits.labels.files import LabelFiles, Signature, signature
from ipo.digits.labels.history import Entry, History
from ipo.digits.labels.log import Act, Walk, about_act, label_act, void_act
from ipo.digits.labels.reconcile import Change, reconcile
from ipo.digits.labels.snapshot import Labels, frozen
from ipo.digits.labels.validation import validate_class, validate_codes, validate_images
from ipo.digits.labels.wording import ANOTHER_PROGRAM, conflict_notice, describe
from ipo.durable import check_replaceable, resolve_links
from ipo.file_locks import file_lock

__all__ = ["NONE", "UNSURE", "BadLabels", "LabelStore", "Labels", "Signature", "Values", "signature"]

_RECENT = 1000  # acts, the oldest of which another program may not know when it writes


class LabelStore:
    """The labels of `count` images in `folder`. Safe for threads and processes.

    Raises `BadLabels` for a file that cannot be read, and `OSError` where the disk refuses.
    """

    def __init__(self, folder: Path, count: int = 60_000, classes: int = 10) -> None:
        self._files = LabelFiles(folder, count, classes)
        self.path, self.unsure_path = self._files.labels, self._files.unsure
        self.log = folder / "labels.log.jsonl"
        self.count, self.classes = count, classes
        self._lock = threading.RLock()
        self._seen: tuple[Signature, Signature] = (None, None)
        self._labels = Labels(frozen(np.full(count, NONE, np.int8)), 0)
        self._past = History(self.log, count, classes)
        self.notice = ""  # what became of labels that another program changed at the same time
        self._recent: deque[Change] = deque(maxlen=_RECENT)  # of ipo alone
        self._replayed = 0  # acts of the log that the labels have
        self._next: tuple[int, str | None, str | None] = (-1, None, None)  # version of labels, undo, redo
        self.refresh()

    def snapshot(self) -> Labels:
        """The labels as this process knows them. Reads nothing."""
        return self._labels

    def refresh(self) -> Labels:
        """The labels as they are on disk now: another process may have changed them."""
        with self._lock:
            if self._labels.version == 0:
                self._adopt_as_found()
            elif self._files.signatures() != self._seen:
                try:
                    with self._file_lock():
                        self._follow()
                except OSError:  # nothing can be written here, or read: the latter is raised again
                    self._adopt_as_found()
            return self._labels

    def _follow(self) -> None:
        """Take over what others wrote; the file lock is held."""
        seen = self._files.signatures()
        if seen == self._seen:
            return
        found = self._files.read()
        expected = self._replay(found)
        if seen[0] is None or np.array_equal(found, expected):
            self._adopt(found, seen)
            return
        codes = reconcile(found, expected, self._recent)
        rows = np.flatnonzero(codes != expected)
        if rows.size:
            act = label_act(ANOTHER_PROGRAM, None, rows, expected[rows], codes[rows].tolist())
            log.append(self.log, act)
        if not np.array_equal(codes, found):
            self._files.replace(found, codes)
        self.notice = conflict_notice(found, expected, codes)
        self._replay(codes)
        self._adopt(codes, self._files.signatures())

    def _replay(self, found: Values) -> Values:
        """The codes after what the log has by now, less a last act that a kill kept from the files."""
        self._past.refresh()
        if self._past.count < self._replayed:  # the log was exchanged
            self._replayed = self._past.count
        codes = self._labels.codes.copy()
        for act in self._past.acts(self._replayed):
            change = self._past.change(act)
            if self._replayed + 1 == self._past.count and np.array_equal(found[change.rows], change.before):
                break
            codes[change.rows] = change.after
            if act.who != ANOTHER_PROGRAM:  # it knows of its own
                self._recent.append(change)
            self._replayed += 1
        return codes

    def _adopt_as_found(self) -> None:
        """Without the lock: another process may write meanwhile."""
        with contextlib.suppress(OSError, ValueError):  # whoever changes labels will hear of it
            self._past.refresh()  # first: files have what the log had before, but for the last act
        last = self._past.last
        seen = self._files.signatures()
        self._adopt(self._files.read(), seen)
        self._replayed = self._past.count - (last is not None and bool(self._pending(last).all()))

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
        code = NONE if to is None else validate_class(to, self.classes)
        return self._change(serials, code, who, event)

    def mark_unsure(
        self, serials: int | Sequence[int] | NDArray[Any], *, who: str = "user", event: str | None = None
    ) -> Labels:
        """Say that nobody can tell what images show: they are neither taught nor suggested. As `label`."""
        return self._change(serials, UNSURE, who, event)

    def _change(
        self, serials: int | Sequence[int] | NDArray[Any], after: int, who: str, event: str | None
    ) -> Labels:
        chosen = validate_images(serials, self.count)
        with self._writing():
            if event is not None and self._applied(event):
                return self._labels
            before = self._labels.codes[chosen]
            changed = before != after
            if not changed.any():
                return self._labels
            act = label_act(who, event, chosen[changed], before[changed], after)
            return self._write(act, chosen[changed], np.int8(after))

    def fill(self, codes: Values, *, who: str, overwrite: bool = False) -> Labels:
        """Give images the codes of `(n,)` that are not `NONE`; one act for undo.

        Those that have a label or are unsure keep that, unless to `overwrite`. Raises `ValueError` for codes
        that do not exist.
        """
        validate_codes(codes, self.count, self.classes)
        with self._writing():
            before = self._labels.codes
            free = before != codes if overwrite else before == NONE
            chosen = np.flatnonzero(free & (codes != NONE))
            if not chosen.size:
                return self._labels
            act = label_act(who, None, chosen, before[chosen], codes[chosen].tolist())
            return self._write(act, chosen, codes[chosen])

    def undo(self, *, who: str = "user", event: str | None = None) -> Labels | None:
        """Take back the last change that still stands; `None` if there is none."""
        return self._walk("undo", who, event)

    def redo(self, *, who: str = "user", event: str | None = None) -> Labels | None:
        """Do again what was taken back last; `None` if nothing was since the last change."""
        return self._walk("redo", who, event)

    def _walk(self, kind: Walk, who: str, event: str | None) -> Labels | None:
        with self._writing():
            if event is not None and self._applied(event):
                return self._labels
            for act in map(self._past.act, self._candidates(kind)):
                chosen, still = self._in_force(act, kind)
                if still.any():  # what was labelled anew since then stays
                    rows, to = chosen[still], act.before if kind == "undo" else act.after
                    codes = np.broadcast_to(np.asarray(to, np.int8), len(chosen))[still]
                    after = (
                        codes.tolist() if kind == "redo" else None
                    )  # what is undone has its codes in the act
                    walked = about_act(kind, who, event, rows, self._labels.codes, after, act.event)
                    return self._write(walked, rows, codes)
            return None

    @property
    def undoable(self) -> str | None:
        """What `undo` would take back, as “7 on 200 images”; `None` if there is nothing. Raises `OSError`."""
        return self._ahead()[0]

    @property
    def redoable(self) -> str | None:  # as `undoable`
        return self._ahead()[1]

    def _ahead(self) -> tuple[str | None, str | None]:  # looked up once for each version of the labels
        with self._lock:
            version = self._labels.version
            if self._next[0] != version:
                self._past.refresh()
                self._next = (version, self._first("undo"), self._first("redo"))
            return self._next[1:]

    def _first(self, kind: Walk) -> str | None:
        """The next act of undo or redo in a few words; `None` if there is none of which anything is left."""
        for act in map(self._past.act, self._candidates(kind)):
            count = int(np.count_nonzero(self._in_force(act, kind)[1]))
            if count:
                return describe(act, count)
        return None

    def _candidates(self, kind: Walk) -> list[Entry]:
        return self._standing() if kind == "undo" else self._past.undone()

    def _in_force(self, act: Act, kind: Walk) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The images of an act, and which of them are as they were left, so that the walk is about them."""
        chosen = np.asarray(act.serials, np.int64)
        left = act.after if kind == "undo" else act.before
        return chosen, np.asarray(self._labels.codes[chosen] == np.asarray(left))

    def history(self) -> list[dict[str, Any]]:
        """All acts that were logged, oldest first. Lines that do not fit are left out."""
        return [act.record() for act in log.read(self.log, self.count, self.classes) if act.action != "void"]

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Within, nobody else writes, and what is known is what is on disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        check_replaceable(self.path)
        with self._lock, self._file_lock():
            self._follow()
            self._void_lost_act()
            yield

    def _void_lost_act(self) -> None:
        """The newest act, if a kill kept it from the files, never came to pass: it may come again."""
        self._past.refresh()
        last = self._past.last
        if last is not None and self._pending(last).all():
            log.append(self.log, void_act(last))
            self._past.refresh()

    def _file_lock(self) -> contextlib.AbstractContextManager[None]:
        # Beside the file that a link leads to, as others may have links to it.
        return file_lock(resolve_links(self.path).with_name(".labels.lock"))

    def _write(self, act: Act, chosen: NDArray[np.int64], to: Values | np.int8) -> Labels:
        """The log first: an act that never came to pass does no harm, as `_applied` and undo see that."""
        codes = self._labels.codes.copy()
        codes[chosen] = to
        logged = log.append(self.log, act)
        try:
            self._files.replace(self._labels.codes, codes)
        except OSError:
            os.truncate(self.log, logged)  # the same event may come again
            raise
        self.notice = ""
        self._replay(codes)
        return self._adopt(codes, self._files.signatures())

    def _adopt(self, codes: Values, seen: tuple["Signature", "Signature"]) -> Labels:
        if self._labels.version == 0 or not np.array_equal(codes, self._labels.codes):
            self._labels = Labels(frozen(codes), self._labels.version + 1)
        self._seen = seen
        return self._labels

    def was_applied(self, event: str) -> bool:
        """Whether an event is in the log. Raises `OSError`, and `ValueError` for a log that is no file."""
        with self._lock:
            return self._applied(event)

    def _applied(self, event: str) -> bool:
        """Whether an event is in the log, and nothing of it was kept from the files by a kill."""
        self._past.refresh()
        last = self._past.last
        cut_short = last is not None and last.event == event and self._pending(last).any()
        return self._past.has(event) and not cut_short

    def _standing(self) -> list[Entry]:
        """Acts that were not undone, newest first, less one that never came to pass."""
        self._past.refresh()
        last = self._past.last
        lost = last.event if last is not None and self._pending(last).all() else None
        return [entry for entry in self._past.standing() if entry.event != lost]

    def _pending(self, act: Act) -> NDArray[np.bool_]:
        """Which images of an act are as they were before it."""
        return np.asarray(self._labels.codes[act.serials] == np.asarray(act.before))
