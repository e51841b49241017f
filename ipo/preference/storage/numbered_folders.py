"""Numbered folders on disk, complete or absent: what rows and pairs have in common.

An entry is a folder `000001` with a few files and one record in JSON, which says what it is about and keeps
its history. It is written to a temporary folder and claims its number by rename, so that writers in several
processes never collide. What is undone moves to a folder beside, and back when it is done again; nothing is
deleted.
"""

import contextlib
import errno
import itertools
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from pydantic import TypeAdapter

from ipo.durable import rename_if_free, replace_file, sync_folder, write_synced
from ipo.preference.schema import ACTS, HistoryEntry
from ipo.preference.storage.standing import standing
from ipo.records import MAX_BYTES, parse, read
from ipo.regular_files import read_regular

_NUMBERED = re.compile(r"\d{6,}")
_UNDONE = re.compile(r"(\d{6,})((?:-[0-9a-f]{16})+)(?:-\d{1,6})?")
_INCOMING = ".incoming-"
_STALE_SECONDS = 3600  # an unfinished write older than this belongs to a process that died


class Kind(StrEnum):
    """What a numbered folder is."""

    ROW = "row"
    PAIR = "pair"
    SKIP = "skip"


class Item(NamedTuple):
    """A row, a pair or a skip, wherever its folder is."""

    kind: Kind
    number: int
    candidates: tuple[str, ...]


Histories = list[tuple[Item, tuple[HistoryEntry, ...]]]


class NumberedRecord(Protocol):
    """What is read from a numbered folder."""

    @property
    def item(self) -> Item: ...
    @property
    def history(self) -> tuple[HistoryEntry, ...]: ...  # oldest first


class Record(Protocol):
    """What the JSON file of an entry says."""

    @property
    def about(self) -> str: ...  # the ids of its candidates


K = TypeVar("K", bound=NumberedRecord)
R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Damaged:
    """A folder that was set aside, and why."""

    folder: str
    reason: str


@dataclass(frozen=True)
class Opened(Generic[K]):
    """What was found in numbered folders."""

    entries: list[K]
    damaged: list[Damaged]
    undone: Histories
    events: list[str]  # ids of all events applied so far, those of undone entries included


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class NumberedFolders(Generic[R]):
    """Entries of one kind in `path`, and those taken back in `undone`. Safe for threads and processes."""

    def __init__(self, kind: Kind, path: Path, undone: Path, record: str, schema: TypeAdapter[R]) -> None:
        self.kind, self.path, self.undone = kind, path, undone
        self._record, self._schema = record, schema
        self._next = 0  # the number to try next; 0: nobody has looked which are free

    def create(self) -> None:
        """Make the folders. Raises `OSError` where that is not allowed."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.undone.mkdir(exist_ok=True)

    def folder(self, number: int) -> Path:
        return self.path / f"{number:06d}"

    def numbers(self) -> list[int]:
        """The numbers on disk, damaged entries included, in order."""
        return sorted(int(name) for name in os.listdir(self.path) if _NUMBERED.fullmatch(name))

    def holds(self, number: int) -> bool:
        """Whether an entry of that number is on disk."""
        return self.folder(number).exists()

    def write_entry(self, files: Mapping[str, bytes]) -> int:
        """Write an entry and claim the next free number. When this returns, it is on disk.

        Raises `OSError`, also where the folder of all entries is gone: it is not made anew here.
        """
        incoming = self.path / f"{_INCOMING}{secrets.token_hex(8)}"
        incoming.mkdir()
        try:
            for name, content in files.items():
                write_synced(incoming / name, content)
            sync_folder(incoming)
            number = self._claim(incoming)
            try:
                sync_folder(self.path)
            except OSError:
                # Not known to be on disk, so not saved: nobody else may see it, or it would be saved twice.
                self.folder(number).rename(incoming)
                raise
        except OSError:
            shutil.rmtree(incoming, ignore_errors=True)
            raise
        return number

    def read_record(self, number: int) -> R:
        """What the record of an entry says. Raises `OSError`, or `ValueError` where it is damaged."""
        return read(self.folder(number) / self._record, self._schema)

    def append_history(self, number: int, about: str, entry: HistoryEntry, **changes: Any) -> None:
        """Add to the history in a record, and change other fields of it; an event is added once.

        Raises `FileNotFoundError` if the number is not about that any more, and `ValueError` where the record
        is damaged.
        """
        self._append(self.folder(number), about, entry, changes)

    def _append(self, folder: Path, about: str, entry: HistoryEntry, changes: Mapping[str, Any]) -> None:
        path = folder / self._record
        content = read_regular(path, MAX_BYTES)
        if parse(content, self._schema, self._record).about != about:
            raise FileNotFoundError(errno.ENOENT, "the number belongs to another by now", str(path))
        record = json.loads(content)  # all of it, also what the schema does not know
        if record["history"][-1] != entry.record() | {"at": record["history"][-1]["at"]}:
            record["history"].append(entry.record())
        record.update(changes)
        replace_file(path, json.dumps(record, indent=1).encode())

    def retire(self, number: int) -> None:
        """Move an entry among the undone."""
        about = self.read_record(number).about
        self.undone.mkdir(exist_ok=True)
        for attempt in itertools.count(1):
            suffix = f"-{attempt}" if attempt > 1 else ""
            if rename_if_free(self.folder(number), self.undone / f"{number:06d}-{about}{suffix}"):
                break
        sync_folder(self.path)
        sync_folder(self.undone)

    def restore(self, number: int, about: str, entry: HistoryEntry, **changes: Any) -> int:
        """Bring an undone entry back, with that in its history. Returns its number from now on.

        Raises `FileNotFoundError` where it is not among the undone, and `ValueError` where it is damaged.
        """
        name = f"{number:06d}-{about}"
        folders = [*self.undone.glob(f"{name}-*"), self.undone / name]
        folder = max(folders, key=lambda folder: (len(folder.name), folder.name))  # the one undone last
        # The history first: what says that it was done again is brought back at the next opening.
        self._append(folder, about, entry, changes)
        return self._bring_back(folder)

    def _bring_back(self, folder: Path) -> int:
        number = int(folder.name.split("-")[0])
        if not rename_if_free(folder, self.folder(number)):
            self._next = max(self._next, self._first_free())
            number = self._claim(folder)
        sync_folder(self.path)
        sync_folder(self.undone)
        return number

    def open_undone(self) -> "Opened[Any]":
        """The histories of what was undone, and the events of all that lies there.

        What was done again, and not moved before a crash, is brought back.
        """
        opened: Opened[Any] = Opened([], [], [], [])
        for folder in sorted(self.undone.iterdir()):
            try:
                history = read(folder / self._record, ACTS).history
            except (OSError, ValueError):
                continue  # it has nothing to tell
            opened.events.extend(entry.event for entry in history)
            name = _UNDONE.fullmatch(folder.name)
            if name and standing(history).present:
                with contextlib.suppress(FileNotFoundError):  # another process was first
                    self._bring_back(folder)
            elif name:
                item = Item(self.kind, int(name[1]), tuple(name[2].split("-")[1:]))
                opened.undone.append((item, history))
        return opened

    def open_entries(
        self, opened: Opened[K], numbers: Sequence[int], read: Callable[[Path, int], K]
    ) -> Opened[K]:
        """Add entries, read by `read(folder, place)`, where `place` counts those that are kept.

        Damaged ones, for which `read` raises `OSError` or `ValueError`, are left where they are and named.
        """
        for number in numbers:
            try:
                entry = read(self.folder(number), len(opened.entries))
            except (OSError, ValueError) as error:
                if not self.holds(number):
                    continue  # another process undid it while we were reading
                opened.damaged.append(Damaged(self.folder(number).name, reason(error)))
                continue
            opened.events.extend(act.event for act in entry.history)
            if not standing(entry.history).present:
                with contextlib.suppress(FileNotFoundError):  # another process was first
                    self.retire(number)
                opened.undone.append((entry.item, entry.history))
                continue
            opened.entries.append(entry)
        return opened

    def sweep(self) -> None:
        """Remove what processes that died have left unfinished."""
        for entry in os.scandir(self.path):
            if entry.name.startswith(_INCOMING):
                with contextlib.suppress(FileNotFoundError):  # another process swept it first
                    if time.time() - entry.stat().st_mtime > _STALE_SECONDS:
                        shutil.rmtree(entry.path)

    def adopt(self, folders: Iterable[Path]) -> list[int]:
        """Give complete folders from elsewhere the next free numbers. Their files must be on disk."""
        self._next = max(self._next, self._first_free())
        numbers = [self._claim(folder) for folder in folders]
        sync_folder(self.path)
        return numbers

    def adopt_undone(self, folder: Path) -> bool:
        """Put a complete folder that was undone elsewhere among the undone; false if its name is taken."""
        free = rename_if_free(folder, self.undone / folder.name)
        sync_folder(self.undone)
        return free

    def _first_free(self) -> int:
        undone = (int(name.split("-")[0]) for name in os.listdir(self.undone) if name[:6].isdigit())
        return max([0, *self.numbers(), *undone]) + 1

    def _claim(self, incoming: Path) -> int:
        self._next = self._next or self._first_free()
        while True:
            number = self._next
            self._next += 1
            if rename_if_free(incoming, self.folder(number)):
                return number


def reason(error: Exception) -> str:
    """What is wrong with an entry that could not be read, for its user."""
    if isinstance(error, FileNotFoundError):
        return f"{Path(error.filename).name} is missing"
    return str(error)
