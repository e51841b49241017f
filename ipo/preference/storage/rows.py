"""Rows on disk: one folder per judged candidate, complete or absent.

`rows/000001/` holds `image.png`, `latent.npy` (float32) and `row.json` (everything else, with the label
and its history). A row is written to a temporary folder and claims its number by rename, so that writers
in several processes never collide. Undo moves a row to `undone/`; nothing is deleted. `dealt/` holds the
candidates that were shown and not judged yet, so that a judgement finds its image after a restart too.
"""

import contextlib
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo.preference.candidates import Candidate
from ipo.preference.latents import Latent
from ipo.preference.schema import CANDIDATE, ROW, CandidateRecord, HistoryEntry, RowRecord
from ipo.preference.storage.files import (
    MAX_IMAGE,
    check_image,
    latent_bytes,
    read_latent,
    record_bytes,
    sums_of,
)
from ipo.preference.storage.numbered_folders import Damaged, Histories, Item, Kind, NumberedFolders, now
from ipo.preference.storage.standing import Action, label_of, standing
from ipo.records import read
from ipo.regular_files import read_regular

logger = logging.getLogger("ipo.preference.storage.rows")

IMAGE, LATENT, RECORD = "image.png", "latent.npy", "row.json"
DEALT = "candidate.json"
GOOD, BAD = 1, -1

_DEALT_KEPT = 64  # candidates that are never forgotten: a clock may be wrong
_DEALT_SECONDS = 7 * 24 * 3600  # a candidate that no browser asked about for so long is forgotten
_CANDIDATE = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Row:
    """A judged candidate as its folder says."""

    number: int
    candidate: CandidateRecord
    label: int  # GOOD or BAD
    judged_at: str  # ISO 8601, UTC; of the first judgement
    history: tuple[HistoryEntry, ...]  # oldest first

    @property
    def candidate_id(self) -> str:
        return self.candidate.id

    @property
    def item(self) -> Item:
        return Item(Kind.ROW, self.number, (self.candidate_id,))


@dataclass(frozen=True)
class OpenedRows:
    """What a row store held when it was opened."""

    rows: list[Row]
    latents: NDArray[np.float32]  # (n, *latent shape), in the order of `rows`
    damaged: list[Damaged]
    undone: Histories
    events: list[str]  # ids of all events applied so far, undone rows included


class RowStore(NumberedFolders[RowRecord]):
    """The rows of one session. Safe for several threads and several processes."""

    def __init__(self, folder: Path, latent_shape: tuple[int, ...]) -> None:
        super().__init__(Kind.ROW, folder / "rows", folder / "undone", RECORD, ROW)
        self.latent_shape = latent_shape
        self._dealt = folder / "dealt"

    def create(self) -> None:
        """Make the folders. Raises `OSError` where that is not allowed."""
        super().create()
        self._dealt.mkdir(exist_ok=True)

    def save_pending(self, candidate: Candidate) -> None:
        """Keep a candidate that is going to be shown; nothing is flushed: a power cut may take it.

        Raises `OSError`, also where the session's folder is gone: it is not made anew here.
        """
        folder = self._dealt / candidate.id
        self._dealt.mkdir(exist_ok=True)
        folder.mkdir(exist_ok=True)
        (folder / IMAGE).write_bytes(candidate.png)
        (folder / LATENT).write_bytes(latent_bytes(candidate.z))
        (folder / DEALT).write_text(json.dumps(asdict(candidate.record())))

    def pending(self, candidate_id: str) -> Candidate | None:
        """A candidate that was shown and not judged, also by a process that is gone; `None` if unknown."""
        folder = self._dealt / candidate_id
        if not _CANDIDATE.fullmatch(candidate_id) or not (folder / DEALT).exists():
            return None
        z = np.empty(self.latent_shape, np.float32)
        try:
            record = read(folder / DEALT, CANDIDATE)
            read_latent(folder / LATENT, z)
            return Candidate.from_record(record, z, read_regular(folder / IMAGE, MAX_IMAGE))
        except (OSError, ValueError) as error:
            logger.warning("candidate %s cannot be read back: %s", candidate_id, error)
            return None

    def discard_pending(self, candidate_id: str) -> None:
        """Forget a candidate that was shown: it was judged, or is out of reach."""
        shutil.rmtree(self._dealt / candidate_id, ignore_errors=True)

    def save(self, candidate: Candidate, label: int, event: str, act: int | None = None) -> Row:
        """Write a row and claim the next free number. When this returns, the row is on disk."""
        at = now()
        history = (HistoryEntry(at, Action.JUDGE, event, label, act),)
        files = {IMAGE: candidate.png, LATENT: latent_bytes(candidate.z)}
        record = RowRecord(candidate.record(), label, at, history, sums_of(files))
        number = self.write_entry({**files, RECORD: record_bytes(record)})
        return Row(number, record.candidate, label, at, history)

    def relabel(
        self, row: Row, label: int, event: str, act: int | None = None, action: str = Action.RELABEL
    ) -> Row:
        """Change a label; the old one stays in the history."""
        return self._add(row, HistoryEntry(now(), action, event, label, act))

    def revert(self, row: Row, event: str, act: int | None = None) -> Row:
        """Take the last change of a label back; without one the label stays."""
        label = label_of(standing(row.history).acts[:-1]) or row.label
        return self.relabel(row, label, event, act, Action.REVERT)

    def undo(self, row: Row, event: str, act: int | None = None, action: str = Action.UNDO) -> Row:
        """Take a judgement back: the row moves to `undone/` with that in its history."""
        # The history first: a row that says it was undone but was not moved yet is moved at the next opening.
        undone = self._add(row, HistoryEntry(now(), action, event, row.label, act))
        self.retire(row.number)
        return undone

    def candidate(self, row: Row) -> Candidate:
        """The candidate that was judged, bit for bit as it was. Raises `OSError` or `ValueError`."""
        folder = self.folder(row.number)
        z = np.empty(self.latent_shape, np.float32)
        read_latent(folder / LATENT, z)
        return Candidate.from_record(row.candidate, z, self.image(row))

    def image(self, row: Row) -> bytes:
        """The PNG of a row. Raises `OSError`, or `ValueError` where it is no file."""
        return read_regular(self.folder(row.number) / IMAGE, MAX_IMAGE)

    def sums(self, row: Row) -> dict[str, str]:
        """sha256 of each file of a row when it was saved. Raises `OSError` or `ValueError`."""
        return {name: file.sha256 for name, file in self.read_record(row.number).files.items()}

    def open(self) -> OpenedRows:
        """Read every row; damaged ones are left where they are and named."""
        self._sweep()
        undone = self.open_undone()
        numbers = self.numbers()
        latents = np.empty((len(numbers), *self.latent_shape), np.float32)
        opened = self.open_entries(undone, numbers, lambda folder, place: read_row(folder, latents[place]))
        entries = opened.entries
        return OpenedRows(entries, latents[: len(entries)], opened.damaged, opened.undone, opened.events)

    def read(self, number: int) -> tuple[Row, Latent]:
        """One row. Raises `OSError` or `ValueError`."""
        z = np.empty(self.latent_shape, np.float32)
        return read_row(self.folder(number), z), z

    def candidates(self) -> set[str]:
        """Ids of all candidates that were judged here, undone ones included."""
        undone = {name.split("-")[1] for name in os.listdir(self.undone) if "-" in name}
        return undone.union(*(self._candidate_of(number) for number in self.numbers()))

    def _add(self, row: Row, entry: HistoryEntry) -> Row:
        label = row.label if entry.label is None else entry.label
        self.append_history(row.number, row.candidate_id, entry, label=label)
        return replace(row, label=label, history=(*row.history, entry))

    def _candidate_of(self, number: int) -> Iterator[str]:
        """The candidate that a row is about; a damaged one is about none."""
        with contextlib.suppress(OSError, ValueError):
            yield self.read_record(number).about

    def _sweep(self) -> None:
        dealt = [(entry.stat().st_mtime, entry.name) for entry in os.scandir(self._dealt)]
        for moment, name in sorted(dealt)[:-_DEALT_KEPT]:
            if time.time() - moment > _DEALT_SECONDS:
                self.discard_pending(name)
        self.sweep()


def read_row(folder: Path, latent: Latent) -> Row:
    """The row in a folder whose name is its number; its latent goes into an array of the expected shape.

    Raises `OSError` or `ValueError` for a row that is damaged.
    """
    record = read(folder / RECORD, ROW)
    check_image(folder / IMAGE, record.files[IMAGE].bytes)
    read_latent(folder / LATENT, latent)
    number = int(folder.name.split("-")[0])
    return Row(number, record.candidate, record.label, record.judged_at, record.history)
