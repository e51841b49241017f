"""What may be undone and redone, and which events were applied, by the log of labels.

The log is read once and then as it grows; of an act only its place in the file is held, as one may be about a
million images.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ipo import event_log
from ipo.digits.labels import log
from ipo.digits.labels.csv_file import NONE
from ipo.digits.labels.log import Act
from ipo.digits.labels.reconcile import Change
from ipo.regular_files import open_regular


@dataclass(frozen=True)
class Entry:
    """An act, by its place in the log."""

    event: str
    offset: int
    length: int


class History:
    """Of one log, about `count` images in `classes`. Not safe for threads."""

    def __init__(self, path: Path, count: int, classes: int) -> None:
        self._path, self._count, self._classes = path, count, classes
        self._forget()

    def _forget(self) -> None:
        self._read = 0  # bytes
        self._labelled: dict[str, Entry] = {}
        self._standing: list[str] = []  # acts that were not undone, oldest first
        self._undone: list[str] = []  # acts that were, since the last new one; the last undone is the last
        self._cleared: list[str] = []  # those before the newest one
        self._events: set[str] = set()
        self._entries: list[Entry] = []

    def refresh(self) -> None:
        """Read what was added. Raises `OSError`, and `ValueError` for what is no file."""
        size = 0
        if self._path.exists():
            with open_regular(self._path) as file:
                size = os.fstat(file.fileno()).st_size
        if size < self._read:  # cut back after an act that could not be saved
            self._forget()
        if size == self._read:
            return
        for offset, line in event_log.lines(self._path, self._read):
            if not line.endswith(b"\n"):
                return  # it is being written, or was cut short by a crash
            self._read = offset + len(line)
            act = log.parse(line, self._count, self._classes)
            if act is not None:
                self._add(act, Entry(act.event, offset, len(line)))

    def _add(self, act: Act, entry: Entry) -> None:
        if act.action == "void":
            self._take_out(act.of)
            return
        self._entries.append(entry)
        self._events.add(act.event)
        match act.action:
            case "label":
                self._cleared = list(self._undone)
                self._labelled[act.event] = entry
                self._standing.append(act.event)
                self._undone.clear()
            case "undo" if act.of in self._standing:
                self._standing.remove(act.of)
                self._undone.append(act.of)
            case "redo" if act.of in self._undone:
                self._undone.remove(act.of)
                self._standing.append(act.of)

    def _take_out(self, event: str | None) -> None:
        """The newest act never came to pass."""
        if not self._entries or self._entries[-1].event != event:
            return
        lost = self.act(self._entries.pop())
        self._events.discard(lost.event)
        match lost.action:
            case "label":
                self._standing.remove(lost.event)
                self._undone = self._cleared
            case "undo" if lost.of in self._undone:
                self._undone.remove(lost.of)
                self._standing.append(lost.of)
            case "redo" if lost.of in self._standing:
                self._standing.remove(lost.of)
                self._undone.append(lost.of)

    def has(self, event: str) -> bool:
        """Whether an event is in the log."""
        return event in self._events

    @property
    def last(self) -> Act | None:
        """The newest act of any kind."""
        return self._act(self._entries[-1]) if self._entries else None

    @property
    def count(self) -> int:
        """How many acts there are."""
        return len(self._entries)

    def acts(self, start: int) -> list[Act]:
        """The acts from a number on. Raises `OSError`."""
        return [self.act(entry) for entry in self._entries[start:]]

    def change(self, act: Act) -> Change:
        """What an act changed, also one that undid another. Raises `OSError`."""
        rows, before = np.array(act.serials, np.int64), np.array(act.before, np.int8)
        if act.after is not None:
            return Change(rows, before, np.broadcast_to(np.array(act.after, np.int8), len(rows)))
        undone = self._labelled.get(act.of or "")
        if undone is None:
            return Change(rows, before, before)
        source = self.act(undone)
        codes = dict(zip(source.serials, source.before, strict=True))
        return Change(rows, before, np.array([codes.get(row, NONE) for row in act.serials], np.int8))

    def standing(self) -> "list[Entry]":
        """Acts that were not undone, newest first."""
        return [self._labelled[event] for event in reversed(self._standing)]

    def undone(self) -> "list[Entry]":
        """Acts that may be redone, the last undone first."""
        return [self._labelled[event] for event in reversed(self._undone)]

    def act(self, entry: Entry) -> Act:
        """The act of an entry. Raises `OSError`."""
        act = self._act(entry)
        assert act is not None  # it was read once
        return act

    def _act(self, entry: Entry) -> Act | None:
        with open(self._path, "rb") as file:
            file.seek(entry.offset)
            return log.parse(file.read(entry.length), self._count, self._classes)
