"""Pairs on disk: one folder per preference, complete or absent.

`pairs/000001/` holds the image and the latent of both candidates, and `pair.json` with their records, who
was preferred, and the history. Undo moves a pair to `undone_pairs/`; nothing is deleted.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo.preference.candidates import Candidate
from ipo.preference.schema import PAIR, CandidateRecord, HistoryEntry, PairRecord
from ipo.preference.storage.files import (
    MAX_IMAGE,
    check_image,
    latent_bytes,
    read_latent,
    record_bytes,
    sums_of,
)
from ipo.preference.storage.numbered_folders import Damaged, Histories, Item, Kind, NumberedFolders, now
from ipo.preference.storage.standing import Action
from ipo.records import read
from ipo.regular_files import read_regular

PAIRS, UNDONE_PAIRS = "pairs", "undone_pairs"
PAIR_RECORD = "pair.json"
IMAGES, LATENTS = ("preferred.png", "other.png"), ("preferred.npy", "other.npy")
LEFT, RIGHT = -1, 1  # as the arrow keys point


@dataclass(frozen=True)
class Pair:
    """Two candidates of which one was preferred, as their folder says."""

    number: int
    preferred: CandidateRecord
    other: CandidateRecord
    side: int  # where the preferred one was: LEFT or RIGHT; 0 if nobody said
    judged_at: str  # ISO 8601, UTC
    history: tuple[HistoryEntry, ...]  # oldest first

    @property
    def candidates(self) -> tuple[str, str]:
        """The ids of the preferred candidate and of the other."""
        return self.preferred.id, self.other.id

    @property
    def item(self) -> Item:
        return Item(Kind.PAIR, self.number, self.candidates)

    @property
    def id(self) -> str:
        return ">".join(self.candidates)


@dataclass(frozen=True)
class OpenedPairs:
    """What a pair store held when it was opened."""

    pairs: list[Pair]
    latents: NDArray[np.float32]  # (n, 2, *latent shape): the preferred one, then the other
    damaged: list[Damaged]
    undone: Histories
    events: list[str]  # ids of all events applied so far, undone pairs included


class PairStore(NumberedFolders[PairRecord]):
    """The pairs of one session. Safe for several threads and several processes."""

    def __init__(self, folder: Path, latent_shape: tuple[int, ...]) -> None:
        super().__init__(Kind.PAIR, folder / PAIRS, folder / UNDONE_PAIRS, PAIR_RECORD, PAIR)
        self.latent_shape = latent_shape

    def save(
        self, preferred: Candidate, other: Candidate, side: int, event: str, act: int | None = None
    ) -> Pair:
        """Write a pair and claim the next free number. When this returns, the pair is on disk."""
        at = now()
        history = (HistoryEntry(at, Action.PREFER, event, act=act),)
        files = dict(zip(IMAGES, (preferred.png, other.png), strict=True))
        files |= dict(zip(LATENTS, (latent_bytes(preferred.z), latent_bytes(other.z)), strict=True))
        record = PairRecord(preferred.record(), other.record(), side, at, history, sums_of(files))
        number = self.write_entry({**files, PAIR_RECORD: record_bytes(record)})
        return Pair(number, record.preferred, record.other, side, at, history)

    def undo(self, pair: Pair, event: str, act: int | None = None, action: str = Action.UNDO) -> Pair:
        """Take a preference back: the pair moves to `undone_pairs/` with that in its history.

        Raises `FileNotFoundError` or `ValueError` for a pair that is gone or damaged.
        """
        # The history first: a pair that says undone but was not moved yet is moved at the next opening.
        entry = HistoryEntry(now(), action, event, act=act)
        self.append_history(pair.number, "-".join(pair.candidates), entry)
        self.retire(pair.number)
        return replace(pair, history=(*pair.history, entry))

    def candidates(self, pair: Pair) -> tuple[Candidate, Candidate]:
        """The preferred one and the other, bit for bit as they were. Raises `OSError` or `ValueError`."""
        folder = self.folder(pair.number)
        z = np.empty((2, *self.latent_shape), np.float32)
        for name, latent in zip(LATENTS, z, strict=True):
            read_latent(folder / name, latent)
        preferred, other = (read_regular(folder / name, MAX_IMAGE) for name in IMAGES)
        return (
            Candidate.from_record(pair.preferred, z[0], preferred),
            Candidate.from_record(pair.other, z[1], other),
        )

    def read(self, number: int) -> tuple[Pair, NDArray[np.float32]]:
        """One pair with both latents. Raises `OSError` or `ValueError`."""
        z = np.empty((2, *self.latent_shape), np.float32)
        return read_pair(self.folder(number), z), z

    def candidates_on_disk(self) -> set[str]:
        """Ids of all candidates that were compared here, those of undone pairs included."""
        undone = {id_ for name in os.listdir(self.undone) for id_ in name.split("-")[1:3]}
        return undone.union(*(self._ids_of(number) for number in self.numbers()))

    def open(self) -> OpenedPairs:
        """Read every pair; damaged ones are left where they are and named."""
        self.sweep()
        undone = self.open_undone()
        numbers = self.numbers()
        latents = np.empty((len(numbers), 2, *self.latent_shape), np.float32)
        opened = self.open_entries(undone, numbers, lambda folder, place: read_pair(folder, latents[place]))
        entries = opened.entries
        damaged = [Damaged(f"{PAIRS}/{pair.folder}", pair.reason) for pair in opened.damaged]
        return OpenedPairs(entries, latents[: len(entries)], damaged, opened.undone, opened.events)

    def _ids_of(self, number: int) -> Iterator[str]:
        """The candidates that a pair is about; a damaged one is about none."""
        with contextlib.suppress(OSError, ValueError):
            yield from self.read_record(number).about.split("-")


def read_pair(folder: Path, latents: NDArray[np.float32]) -> Pair:
    """The pair in a folder whose name is its number; its latents go into an array `(2, *latent shape)`.

    Raises `OSError` or `ValueError` for a pair that is damaged.
    """
    record = read(folder / PAIR_RECORD, PAIR)
    for name in IMAGES:
        check_image(folder / name, record.files[name].bytes)
    for name, latent in zip(LATENTS, latents, strict=True):
        read_latent(folder / name, latent)
    number = int(folder.name.split("-")[0])
    return Pair(number, record.preferred, record.other, record.side, record.judged_at, record.history)
