"""What may be undone and redone, and which events were applied, by the log of labels.

The log is read once and then as it grows; of an act only its place in the file is held, as one may be about a
million images.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from ipo.digits.labels import log
from ipo.digits.labels.log import Act
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
        self._events: set[str] = set()
        self._last: Entry | None = None

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
        for offset, line in log.lines(self._path, self._read):
            if not line.endswith(b"\n"):
                return  # it is being written, or was cut short by a crash
            self._read = offset + len(line)
            act = log.parse(line, self._count, self._classes)
            if act is not None:
                self._add(act, Entry(act.event, offset, len(line)))

    def _add(self, act: Act, entry: Entry) -> None:
        self._last = entry
        self._events.add(act.event)
        match act.action:
            case "label":
                self._labelled[act.event] = entry
                self._standing.append(act.event)
                self._undone.clear()
            case "undo" if act.of in self._standing:
                self._standing.remove(act.of)
                self._undone.append(act.of)
            case "redo" if act.of in self._undone:
                self._undone.remove(act.of)
                self._standing.append(act.of)

    def has(self, event: str) -> bool:
        """Whether an event is in the log."""
        return event in self._events

    @property
    def last(self) -> Act | None:
        """The newest act of any kind."""
        return None if self._last is None else self._act(self._last)

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
