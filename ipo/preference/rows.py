"""Rows on disk: one folder per judged candidate, complete or absent.

`rows/000001/` holds `image.png`, `latent.npy` (float32) and `row.json` (everything else, with the label
and its history). A row is written to a temporary folder and claims its number by rename, so that writers
in several processes never collide. Undo moves a row to `undone/`; nothing is deleted. `dealt/` holds the
candidates that were shown and not judged yet, so that a judgement finds its image after a restart too.
"""

import contextlib
import errno
import hashlib
import itertools
import json
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.durable import rename_if_free, replace_file, sync_folder, write_synced
from ipo.images import PNG_END
from ipo.preference.candidates import RECORDED, Candidate
from ipo.preference.latents import Latent

logger = logging.getLogger("ipo.preference.rows")

IMAGE, LATENT, RECORD = "image.png", "latent.npy", "row.json"
DEALT = "candidate.json"
GOOD, BAD = 1, -1

_NUMBERED = re.compile(r"\d{6,}")
_INCOMING = ".incoming-"
_DEALT_SECONDS = 7 * 24 * 3600  # a candidate that no browser asked about for so long is forgotten
_CANDIDATE = re.compile(r"[0-9a-f]{16}")
_STALE_SECONDS = 3600  # an unfinished write older than this belongs to a process that died


@dataclass(frozen=True)
class Row:
    """A judged candidate as its folder says."""

    number: int
    candidate: Mapping[str, Any]  # Candidate.record()
    label: int  # GOOD or BAD
    judged_at: str  # ISO 8601, UTC; of the first judgement
    history: tuple[Mapping[str, Any], ...]  # {"at", "action", "label", "event"}, oldest first

    @property
    def candidate_id(self) -> str:
        return str(self.candidate["id"])


@dataclass(frozen=True)
class Damaged:
    """A row folder that was set aside, and why."""

    folder: str
    reason: str


@dataclass(frozen=True)
class OpenedRows:
    """What a row store held when it was opened."""

    rows: list[Row]
    latents: NDArray[np.float32]  # (n, *latent shape), in the order of `rows`
    damaged: list[Damaged]
    events: list[str]  # ids of all events applied so far, undone rows included


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class RowStore:
    """The rows of one session. Safe for several threads and several processes."""

    def __init__(self, folder: Path, latent_shape: tuple[int, ...]) -> None:
        self.latent_shape = latent_shape
        self._rows = folder / "rows"
        self._undone = folder / "undone"
        self._dealt = folder / "dealt"
        self._next = 1

    def create(self) -> None:
        """Make the folders. Raises `OSError` where that is not allowed."""
        self._rows.mkdir(parents=True, exist_ok=True)
        self._undone.mkdir(exist_ok=True)
        self._dealt.mkdir(exist_ok=True)

    def deal(self, candidate: Candidate) -> None:
        """Keep a candidate that is going to be shown; nothing is flushed: a power cut may take it."""
        folder = self._dealt / candidate.id
        folder.mkdir(parents=True, exist_ok=True)
        (folder / IMAGE).write_bytes(candidate.png)
        (folder / LATENT).write_bytes(latent_bytes(candidate.z))
        (folder / DEALT).write_text(json.dumps(candidate.record()))

    def dealt(self, candidate_id: str) -> Candidate | None:
        """A candidate that was shown and not judged, also by a process that is gone; `None` if unknown."""
        folder = self._dealt / candidate_id
        if not _CANDIDATE.fullmatch(candidate_id) or not (folder / DEALT).exists():
            return None
        z = np.empty(self.latent_shape, np.float32)
        try:
            record = json.loads((folder / DEALT).read_bytes())
            _read_latent(folder / LATENT, z)
            return Candidate.from_record(record, z, (folder / IMAGE).read_bytes())
        except (OSError, ValueError, KeyError) as error:
            logger.warning("candidate %s cannot be read back: %s", candidate_id, error)
            return None

    def discard(self, candidate_id: str) -> None:
        """Forget a dealt candidate: it was judged, or is out of reach."""
        shutil.rmtree(self._dealt / candidate_id, ignore_errors=True)

    def save(self, candidate: Candidate, label: int, event: str) -> Row:
        """Write a row and claim the next free number. When this returns, the row is on disk."""
        at = now()
        history = ({"at": at, "action": "judge", "label": label, "event": event},)
        files = {IMAGE: candidate.png, LATENT: latent_bytes(candidate.z)}
        record = _record_bytes(candidate.record(), label, at, history, files)
        incoming = self._rows / f"{_INCOMING}{secrets.token_hex(8)}"
        incoming.mkdir(parents=True)
        try:
            for name, content in {**files, RECORD: record}.items():
                write_synced(incoming / name, content)
            sync_folder(incoming)
            number = self._claim(incoming)
            try:
                sync_folder(self._rows)
            except OSError:
                # Not known to be on disk, so not saved: nobody else may see it, or it would be saved twice.
                self._folder(number).rename(incoming)
                raise
        except OSError:
            shutil.rmtree(incoming, ignore_errors=True)
            raise
        return Row(number, candidate.record(), label, at, history)

    def relabel(self, row: Row, label: int, event: str) -> Row:
        """Change a label; the old one stays in the history."""
        return self._append(row, "relabel", label, event)

    def undo(self, row: Row, event: str) -> None:
        """Take a judgement back: the row moves to `undone/` with that in its history."""
        # The history first: a row that says it was undone but was not moved yet is moved at the next opening.
        self._append(row, "undo", row.label, event)
        self._retire(row.number, row.candidate_id)

    def candidate(self, row: Row) -> Candidate:
        """The candidate that was judged, bit for bit as it was. Raises `OSError` or `ValueError`."""
        folder = self._folder(row.number)
        z = np.empty(self.latent_shape, np.float32)
        _read_latent(folder / LATENT, z)
        return Candidate.from_record(row.candidate, z, (folder / IMAGE).read_bytes())

    def image(self, row: Row) -> bytes:
        """The PNG of a row. Raises `OSError`."""
        return (self._folder(row.number) / IMAGE).read_bytes()

    def sums(self, row: Row) -> dict[str, str]:
        """sha256 of each file of a row when it was saved. Raises `OSError` or `ValueError`."""
        return sums_in((self._folder(row.number) / RECORD).read_bytes())

    def open(self) -> OpenedRows:
        """Read every row; damaged ones are left where they are and named."""
        self._sweep()
        numbers = self.numbers()
        latents = np.empty((len(numbers), *self.latent_shape), np.float32)
        rows: list[Row] = []
        damaged: list[Damaged] = []
        events = [event for folder in self._undone.iterdir() for event in _events_of(folder / RECORD)]
        for number in numbers:
            try:
                row = read_row(self._folder(number), latents[len(rows)])
            except (OSError, ValueError) as error:
                if not self._folder(number).exists():
                    continue  # another process undid it while we were reading
                damaged.append(Damaged(self._folder(number).name, reason(error)))
                continue
            events.extend(str(entry["event"]) for entry in row.history)
            if row.history[-1]["action"] == "undo":
                with contextlib.suppress(FileNotFoundError):  # another process was first
                    self._retire(row.number, row.candidate_id)
                continue
            rows.append(row)
        self._next = self._first_free()
        return OpenedRows(rows, latents[: len(rows)], damaged, events)

    def numbers(self) -> list[int]:
        """The numbers of the rows on disk, damaged ones included, in order."""
        return sorted(int(name) for name in os.listdir(self._rows) if _NUMBERED.fullmatch(name))

    def read(self, number: int) -> tuple[Row, Latent]:
        """One row. Raises `OSError` or `ValueError`."""
        z = np.empty(self.latent_shape, np.float32)
        return read_row(self._folder(number), z), z

    def candidates(self) -> set[str]:
        """Ids of all candidates that were judged here, undone ones included."""
        undone = {name.split("-")[1] for name in os.listdir(self._undone) if "-" in name}
        return undone.union(*(_candidate_of(self._folder(number) / RECORD) for number in self.numbers()))

    def adopt(self, folders: Iterable[Path]) -> list[int]:
        """Give complete row folders from elsewhere the next free numbers. Their files must be on disk."""
        self._next = max(self._next, self._first_free())
        numbers = [self._claim(folder) for folder in folders]
        sync_folder(self._rows)
        return numbers

    def adopt_undone(self, folder: Path) -> bool:
        """Put a complete folder that was undone elsewhere among the undone; false if its name is taken."""
        free = rename_if_free(folder, self._undone / folder.name)
        sync_folder(self._undone)
        return free

    def _first_free(self) -> int:
        undone = (int(name.split("-")[0]) for name in os.listdir(self._undone) if name[:6].isdigit())
        return max([0, *self.numbers(), *undone]) + 1

    def _folder(self, number: int) -> Path:
        return self._rows / f"{number:06d}"

    def _claim(self, incoming: Path) -> int:
        while True:
            number = self._next
            self._next += 1
            if rename_if_free(incoming, self._folder(number)):
                return number

    def _append(self, row: Row, action: str, label: int, event: str) -> Row:
        path = self._folder(row.number) / RECORD
        record = json.loads(path.read_bytes())
        if record["candidate"]["id"] != row.candidate_id:
            raise FileNotFoundError(errno.ENOENT, "the number belongs to another row by now", str(path))
        entry = {"at": now(), "action": action, "label": label, "event": event}
        record["label"] = label
        record["history"].append(entry)
        replace_file(path, json.dumps(record, indent=1).encode())
        return Row(row.number, row.candidate, label, row.judged_at, (*row.history, entry))

    def _retire(self, number: int, candidate_id: str) -> None:
        self._undone.mkdir(exist_ok=True)
        for attempt in itertools.count(1):
            suffix = f"-{attempt}" if attempt > 1 else ""
            if rename_if_free(self._folder(number), self._undone / f"{number:06d}-{candidate_id}{suffix}"):
                break
        sync_folder(self._rows)
        sync_folder(self._undone)

    def _sweep(self) -> None:
        for entry in os.scandir(self._dealt):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - entry.stat().st_mtime > _DEALT_SECONDS:
                    self.discard(entry.name)
        for entry in os.scandir(self._rows):
            if entry.name.startswith(_INCOMING):
                with contextlib.suppress(FileNotFoundError):  # another process swept it first
                    if time.time() - entry.stat().st_mtime > _STALE_SECONDS:
                        shutil.rmtree(entry.path)


def read_row(folder: Path, latent: Latent) -> Row:
    """The row in a folder whose name is its number; its latent goes into an array of the expected shape.

    Raises `OSError` or `ValueError` for a row that is damaged.
    """
    record = json.loads((folder / RECORD).read_bytes())
    row = _row(int(folder.name.split("-")[0]), record)
    _check_image(folder / IMAGE, record["files"][IMAGE]["bytes"])
    _read_latent(folder / LATENT, latent)
    return row


def _row(number: int, record: Any) -> Row:
    """What `row.json` says. Raises `ValueError` for anything missing or of a wrong kind."""
    try:
        candidate, history = record["candidate"], tuple(record["history"])
        row = Row(number, candidate, record["label"], record["judged_at"], history)
        missing = [name for name in RECORDED if name not in candidate]
        missing += [name for entry in history for name in ("at", "action", "event") if name not in entry]
        datetime.fromisoformat(row.judged_at)
        if missing or not history:
            raise ValueError(f"{RECORD} has no {missing[0] if missing else 'history'}")
        if record["files"][IMAGE]["bytes"] < 1 or row.label not in (GOOD, BAD):
            raise ValueError(f"{RECORD} has label {row.label}; {GOOD} or {BAD} would be right")
    except KeyError as error:
        raise ValueError(f"{RECORD} has no {error.args[0]}") from error
    except TypeError as error:
        raise ValueError(f"{RECORD} is not a row: {error}") from error
    return row


def sums_in(record: bytes) -> dict[str, str]:
    """The sha256 of the other files as a `row.json` says them. Raises `ValueError` if it does not."""
    try:
        return {name: str(json.loads(record)["files"][name]["sha256"]) for name in (IMAGE, LATENT)}
    except (KeyError, TypeError) as error:
        raise ValueError(f"{RECORD} does not say the sha256 of {IMAGE} and {LATENT}") from error


def npy_header(shape: tuple[int, ...]) -> bytes:
    """Header of a version 1.0 `.npy` file with C-ordered little-endian float32 of `shape`."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape!r}, }}"
    padding = -(10 + len(text) + 1) % 64
    return (
        b"\x93NUMPY\x01\x00"
        + (len(text) + padding + 1).to_bytes(2, "little")
        + (text + " " * padding + "\n").encode("latin-1")
    )


def latent_bytes(z: Latent) -> bytes:
    """A latent as the `.npy` file that a row keeps."""
    return npy_header(z.shape) + np.ascontiguousarray(z, np.float32).tobytes()


def _read_latent(path: Path, into: Latent) -> None:
    """Read a latent into an array of the expected shape; faster than `np.load` by reading no header twice."""
    header = npy_header(into.shape)
    with open(path, "rb", buffering=0) as file:
        if file.read(len(header)) != header:
            raise ValueError(f"{LATENT} is not a float32 latent of shape {into.shape}: of another size?")
        if file.readinto(into.data.cast("B")) != into.nbytes:
            raise ValueError(f"{LATENT} is truncated")
    if not np.isfinite(into).all():
        raise ValueError(f"{LATENT} has NaN or Inf")


def _check_image(path: Path, size: int) -> None:
    """Cheap completeness check: the recorded length and the PNG end marker. *Verify* compares the hash."""
    with open(path, "rb", buffering=0) as file:
        length = os.fstat(file.fileno()).st_size
        if length != size:
            raise ValueError(f"{IMAGE} is truncated: {length} of {size} bytes")
        file.seek(-len(PNG_END), os.SEEK_END)
        if file.read() != PNG_END:
            raise ValueError(f"{IMAGE} is not a complete PNG")


def _record_bytes(
    candidate: Mapping[str, Any],
    label: int,
    judged_at: str,
    history: tuple[Mapping[str, Any], ...],
    files: Mapping[str, bytes],
) -> bytes:
    sums = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    }
    record = {
        "candidate": dict(candidate),
        "label": label,
        "judged_at": judged_at,
        "history": list(history),
        "files": sums,
    }
    return json.dumps(record, indent=1).encode()


def _events_of(path: Path) -> Iterator[str]:
    """Events of an undone row; one that cannot be read has none to tell."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        yield from (str(entry["event"]) for entry in json.loads(path.read_bytes())["history"])


def _candidate_of(path: Path) -> Iterator[str]:
    """The candidate that a row is about; one that cannot be read is about none."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        yield str(json.loads(path.read_bytes())["candidate"]["id"])


def reason(error: Exception) -> str:
    """What is wrong with a row that could not be read, for its user."""
    if isinstance(error, FileNotFoundError):
        return f"{Path(error.filename).name} is missing"
    if isinstance(error, json.JSONDecodeError):
        return f"{RECORD} is damaged: {error}"
    return str(error)
