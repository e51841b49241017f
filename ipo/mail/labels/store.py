"""Labels of mails on disk: `labels.jsonl`, a log that only grows, is truth and audit log in one.

    store = LabelStore(folder)
    store.label(["00ff00ff00ff00ff"], SPAM, who="the mailbox")
    store.codes(mails)                       # (n,) int8

Each change is on disk when `label` returns. Several processes may share the folder.
"""

import contextlib
import logging
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ipo import event_log
from ipo.durable import check_replaceable, resolve_links
from ipo.file_locks import file_lock
from ipo.mail.labels.events import CODES, NAMES, Label, LabelEvent, parse
from ipo.mail.labels.history import History
from ipo.mail.mails import MailSet

logger = logging.getLogger(__name__)

_ID = re.compile(r"[0-9a-f]{16}")
_WORDS: dict[Label, str] = {"none": "no label", "given": "as the data says"}


class LabelStore:
    """The labels of one set of mails, in a folder. Safe for threads and processes.

    Raises `OSError` where the disk refuses, and `ValueError` for a log that is no file.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "labels.jsonl"
        self._lock = threading.RLock()
        self._history = History()
        self._read = 0  # bytes
        self._inode = 0
        self._replaced = 0  # times that the log was another file
        self.refresh()

    @property
    def version(self) -> tuple[int, int]:
        """Another one whenever labels may be others."""
        return self._replaced, len(self._history.events)

    def refresh(self) -> None:
        """Take over what other processes wrote."""
        with self._lock:
            try:
                found = self.path.stat()
            except FileNotFoundError:
                check_replaceable(
                    self.path
                )  # a link to a disk that is not there must not read as “no labels”
                found = None
            size, inode = (found.st_size, found.st_ino) if found else (0, 0)
            if size < self._read or (self._read and inode != self._inode):
                self._history, self._read = History(), 0
                self._replaced += 1
            self._inode = inode
            if size > self._read:
                self._follow()

    def _follow(self) -> None:
        for start, line in event_log.lines(self.path, self._read):
            if not line.endswith(b"\n"):
                return  # it is being written, or was cut short by a crash
            self._read = start + len(line)
            event = parse(line)
            if event is not None:
                self._history.add(event)
            elif line.strip():
                logger.warning("%s: the line at byte %d is damaged and was passed over", self.path, start)

    def codes(self, mails: MailSet) -> NDArray[np.int8]:
        """The label of each mail `(n,)`: of its last event, else as the data gave it."""
        codes = mails.given.copy()
        with self._lock:
            for id, label in self._history.labels.items():
                row = mails.rows.get(id)
                if row is not None and label != "given":
                    codes[row] = CODES[label]
        return codes

    def label(self, ids: Sequence[str], code: int, *, who: str, event: str | None = None) -> bool:
        """Give mails a label, or NONE to take it away; `False` if the `event` was applied before.

        Raises `ValueError` for ids or labels that cannot be; then nothing is changed.
        """
        wrong = [id for id in ids if not _ID.fullmatch(id)]
        if wrong or not ids or code not in NAMES:
            what = (
                f"{code!r} is not a label"
                if code not in NAMES
                else f"{wrong[0] if wrong else ''!r} is not a mail"
            )
            raise ValueError(f"{what}; ids of 16 hex digits and a label of {sorted(NAMES)} would be right.")
        with self._writing():
            if event is not None and self._history.has(event):
                return False
            self._append(LabelEvent("label", list(dict.fromkeys(ids)), [NAMES[code]], who), event)
            return True

    def undo(self, *, who: str, event: str | None = None) -> bool:
        """Take back the last change that stands; `False`: there is none, or the event was applied before."""
        with self._writing():
            return self._revisit("undo", self._history.next_undo(), who, event)

    def redo(self, *, who: str, event: str | None = None) -> bool:
        """Do again what was taken back last. As `undo`."""
        with self._writing():
            return self._revisit("redo", self._history.next_redo(), who, event)

    @property
    def undoable(self) -> str | None:
        """What `undo` would take back, as “spam on 12 mails”; `None` if there is nothing."""
        with self._lock:
            found = self._history.next_undo()
            return None if found is None else self._describe(found[0], len(found[1]))

    @property
    def redoable(self) -> str | None:
        """What `redo` would do again."""
        with self._lock:
            found = self._history.next_redo()
            return None if found is None else self._describe(found[0], len(found[1]))

    def was_applied(self, event: str) -> bool:
        """Whether an event is in the log, as far as it was read."""
        with self._lock:
            return self._history.has(event)

    def events(self) -> list[LabelEvent]:
        """Everything that was done, oldest first."""
        with self._lock:
            return list(self._history.events)

    def _revisit(
        self,
        action: Literal["undo", "redo"],
        found: tuple[str, list[tuple[str, Label]]] | None,
        who: str,
        event: str | None,
    ) -> bool:
        if found is None or (event is not None and self._history.has(event)):
            return False
        about, pairs = found
        ids, labels = [id for id, _ in pairs], [label for _, label in pairs]
        self._append(LabelEvent(action, ids, labels, who, about=about), event)
        return True

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Within, nobody else writes, and what is known is what is on disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Beside the file that a link leads to, as others may have links to it.
        lock = resolve_links(self.path).with_name(".labels.lock")
        with self._lock, file_lock(lock):
            self.refresh()
            yield

    def _append(self, done: LabelEvent, event: str | None) -> None:
        event_log.append(self.path, (done if event is None else replace(done, event=event)).record())
        self.refresh()

    def _describe(self, act: str, count: int) -> str:
        labels = {after for _, _, after in self._history.changes[act]}
        (label, *others) = labels
        what = "several labels" if others else _WORDS.get(label, label)
        return f"{what} on {count:,} mail{'' if count == 1 else 's'}"
