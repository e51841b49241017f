"""Labels on disk: `labels.csv` for anybody to read, and a log of who labelled what, for undo.

    store = LabelStore(folder, count=60_000)
    store.label([17, 204], 7, who="the map")
    store.snapshot().values[17]            # 7; -1 where there is none

Each change is on disk when `label` returns. Several processes may share the folder: a lock holds across them,
and whoever changes or refreshes sees what the others did.
"""

import contextlib
import csv
import io
import json
import os
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.durable import replace_file
from ipo.file_locks import file_lock

Values = NDArray[np.int8]

NONE = -1  # no label
HEAD = ("Serial", "label")

Signature = tuple[int, int, int] | None  # of a file as it is on disk; None: there is none

_ABSENT = ("", "nan")
_REMEMBERED = 100_000  # bytes at the end of the log in which a repeated event is looked for


class BadLabels(ValueError):
    """labels.csv cannot be read as it is; the message says where and what would be right."""


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
            act = _act("label", who, event, chosen[changed], before[changed], after)
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
            act = _act("label", who, None, chosen, before[chosen], values[chosen].tolist())
            return self._write(act, chosen, values[chosen])

    def undo(self, *, who: str = "user", event: str | None = None) -> Labels | None:
        """Take back the last change that still stands; `None` if there is none."""
        with self._writing():
            if event is not None and self._applied(event):
                return self._labels
            for act in self._standing():
                chosen = np.asarray(act["serials"], np.int64)
                now = self._labels.values[chosen]
                still = now == np.asarray(act["after"])  # what was labelled anew since then stays
                if still.any():
                    before = np.asarray(act["before"], np.int8)[still]
                    undone = _act("undo", who, event, chosen[still], now[still], None) | {"of": act["event"]}
                    return self._write(undone, chosen[still], before)
            return None

    def history(self) -> list[dict[str, Any]]:
        """All acts that were logged, oldest first. Lines that a crash cut short are left out."""
        return list(_acts(self.log, 0))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Within, nobody else writes, and what is known is what is on disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock, file_lock(self.path.with_name(".labels.lock")):
            self.refresh()
            yield

    def _write(self, act: dict[str, Any], chosen: NDArray[np.int64], to: Values | np.int8) -> Labels:
        """The log first: an act in it that never came to pass does no harm, as `_done` and undo see that."""
        values = self._labels.values.copy()
        values[chosen] = to
        logged = _append(self.log, act)
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
        return any(act["event"] == event for act in self._done(max(0, size - _REMEMBERED)))

    def _standing(self) -> list[dict[str, Any]]:
        """Acts that were not undone, newest first."""
        acts = self._done(0)
        undone = {act.get("of") for act in acts if act["action"] == "undo"}
        return [act for act in reversed(acts) if act["action"] == "label" and act["event"] not in undone]

    def _done(self, start: int) -> list[dict[str, Any]]:
        """The acts behind a position in the log, less one that a kill kept from labels.csv."""
        acts = list(_acts(self.log, start))
        if acts and np.array_equal(self._labels.values[acts[-1]["serials"]], acts[-1]["before"]):
            acts.pop()
        return acts


def read(path: Path, count: int, classes: int) -> Values:
    """Labels `(count,)` from a file; all `NONE` where there is no file. Raises `BadLabels`."""
    values = np.full(count, NONE, np.int8)
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return values
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BadLabels(f"{path}, line {line}: this is no UTF-8. {_REMEDY}") from None
    rows = csv.reader(io.StringIO(text))
    head = next(rows, None)
    if head is None:
        raise BadLabels(f"{path} is empty; its first line should be {','.join(HEAD)}. {_REMEDY}")
    if tuple(cell.strip() for cell in head) != HEAD:
        raise BadLabels(f"{path}, line 1: {','.join(head)!r}; {','.join(HEAD)} would be right. {_REMEDY}")
    lines: dict[int, int] = {}
    try:
        for row in rows:
            if not row:
                continue
            serial, label = _row(row, count, classes)
            if serial in lines:
                raise _Wrong(f"Serial {serial} is in line {lines[serial]} too; each may come once.")
            lines[serial] = rows.line_num
            values[serial] = label
    except (_Wrong, csv.Error) as error:
        raise BadLabels(f"{path}, line {rows.line_num}: {error} {_REMEDY}") from None
    return values


def encode(values: Values) -> bytes:
    """labels.csv as bytes: the labelled images, in order."""
    lines = [",".join(HEAD)]
    lines += [f"{serial},{values[serial]}" for serial in np.flatnonzero(values != NONE).tolist()]
    return ("\n".join(lines) + "\n").encode()


_REMEDY = "Correct the file, or move it away to begin without labels. It was left as it is."


class _Wrong(Exception):
    """What is wrong with one row."""


def _row(row: list[str], count: int, classes: int) -> tuple[int, int]:
    if len(row) != len(HEAD):
        raise _Wrong(f"{len(row)} values; {','.join(HEAD)} would be right.")
    serial = _whole(row[0])
    if serial is None or not 0 <= serial < count:
        raise _Wrong(f"Serial {row[0].strip()}; 0 to {count - 1} would be right.")
    if row[1].strip().lower() in _ABSENT:
        return serial, NONE
    label = _whole(row[1])
    if label is None or not 0 <= label < classes:
        raise _Wrong(f"label {row[1].strip()}; 0 to {classes - 1} or nothing would be right.")
    return serial, label


def _whole(text: str) -> int | None:
    """A whole number, also as pandas writes it beside missing ones: 7.0."""
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _act(
    action: str,
    who: str,
    event: str | None,
    chosen: NDArray[Any],
    before: Values,
    after: int | list[int] | None,
) -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "who": who,
        "action": action,
        "event": event or secrets.token_hex(8),
        "serials": chosen.tolist(),
        "before": before.tolist(),
        "after": after,
    }


def _append(log: Path, act: dict[str, Any]) -> int:
    """One more line, flushed to disk; on a line of its own also behind one that a crash cut short.

    Returns how long the log was before.
    """
    line = json.dumps(act, separators=(",", ":")).encode() + b"\n"
    with open(log, "ab+") as file:
        length = file.tell()
        if length:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                line = b"\n" + line
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    return length


def _acts(log: Path, start: int) -> Iterator[dict[str, Any]]:
    """The acts behind a position in the log."""
    try:
        with open(log, "rb") as file:
            file.seek(start)
            lines: Iterable[bytes] = file.readlines()
    except FileNotFoundError:
        return
    for line in lines:
        with contextlib.suppress(ValueError):
            act = json.loads(line)
            if isinstance(act, dict) and {"event", "action", "serials", "before", "after"} <= act.keys():
                yield act


def signature(path: Path) -> Signature:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _frozen(values: Values) -> Values:
    values.setflags(write=False)
    return values
