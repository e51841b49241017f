"""Skips on disk: one folder per skipped candidate, complete or absent, so that undo reaches them as well.

`skips/000001/` holds `image.png`, `latent.npy` and `skip.json` with the history. Undo moves a skip to
`undone_skips/`; nothing is deleted. Skips teach no model and do not travel in a zip.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ipo.preference.candidates import Candidate
from ipo.preference.schema import SKIP, CandidateRecord, HistoryEntry, SkipRecord
from ipo.preference.storage.files import (
    MAX_IMAGE,
    check_image,
    latent_bytes,
    read_latent,
    record_bytes,
    sums_of,
)
from ipo.preference.storage.numbered_folders import Item, Kind, NumberedFolders, Opened, now
from ipo.preference.storage.standing import Action
from ipo.records import read
from ipo.regular_files import read_regular

IMAGE, LATENT, SKIP_RECORD = "image.png", "latent.npy", "skip.json"


@dataclass(frozen=True)
class Skip:
    """A skipped candidate as its folder says."""

    number: int
    candidate: CandidateRecord
    history: tuple[HistoryEntry, ...]  # oldest first

    @property
    def item(self) -> Item:
        return Item(Kind.SKIP, self.number, (self.candidate.id,))


class SkipStore(NumberedFolders[SkipRecord]):
    """The skips of one session. Safe for several threads and several processes."""

    def __init__(self, folder: Path, latent_shape: tuple[int, ...]) -> None:
        super().__init__(Kind.SKIP, folder / "skips", folder / "undone_skips", SKIP_RECORD, SKIP)
        self.latent_shape = latent_shape

    def save(self, candidate: Candidate, event: str, act: int | None = None) -> Skip:
        """Write a skip and claim the next free number. When this returns, it is on disk."""
        history = (HistoryEntry(now(), Action.SKIP, event, act=act),)
        files = {IMAGE: candidate.png, LATENT: latent_bytes(candidate.z)}
        record = SkipRecord(candidate.record(), history, sums_of(files))
        number = self.write_entry({**files, SKIP_RECORD: record_bytes(record)})
        return Skip(number, record.candidate, history)

    def undo(self, skip: Skip, event: str, act: int | None = None, action: str = Action.UNDO) -> Skip:
        """Take a skip back. Raises `FileNotFoundError` or `ValueError` for one that is gone or damaged."""
        entry = HistoryEntry(now(), action, event, act=act)
        self.append_history(skip.number, skip.candidate.id, entry)
        self.retire(skip.number)
        return replace(skip, history=(*skip.history, entry))

    def candidate(self, skip: Skip) -> Candidate:
        """The candidate that was skipped, as it was. Raises `OSError` or `ValueError`."""
        folder = self.folder(skip.number)
        z = np.empty(self.latent_shape, np.float32)
        read_latent(folder / LATENT, z)
        return Candidate.from_record(skip.candidate, z, read_regular(folder / IMAGE, MAX_IMAGE))

    def read(self, number: int) -> Skip:
        """One skip. Raises `OSError` or `ValueError`."""
        return read_skip(self.folder(number))

    def open(self) -> Opened[Skip]:
        """Read every skip; damaged ones are left where they are."""
        self.sweep()
        undone = self.open_undone()
        return self.open_entries(undone, self.numbers(), lambda folder, _: read_skip(folder))


def read_skip(folder: Path) -> Skip:
    """The skip in a folder whose name is its number. Raises `OSError` or `ValueError` if it is damaged."""
    record = read(folder / SKIP_RECORD, SKIP)
    check_image(folder / IMAGE, record.files[IMAGE].bytes)
    return Skip(int(folder.name), record.candidate, record.history)
