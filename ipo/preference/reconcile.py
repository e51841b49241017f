"""What brings an open session into agreement with its folder after others have changed that."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.preference import latents
from ipo.preference.candidates import content_of
from ipo.preference.dataset import PreferenceDataset
from ipo.preference.notices import gone_from_folder, gone_with_folder
from ipo.preference.queue import CandidateQueue
from ipo.preference.recent_judgements import RecentJudgements
from ipo.preference.storage.pairs import Pair, PairStore
from ipo.preference.storage.rows import Row, RowStore
from ipo.preference.storage.sessions import SessionFolder
from ipo.preference.storage.standing import standing
from ipo.preference.storage.stores import Stores

logger = logging.getLogger("ipo.preference.reconcile")


@dataclass(frozen=True)
class FolderChanges:
    """How a folder differs from what a session holds."""

    was_gone: bool  # and was made anew
    missing_rows: frozenset[int]  # numbers
    missing_pairs: frozenset[int]
    rows: list[tuple[Row, NDArray[np.float32]]]  # new ones with their features (d,)
    pairs: list[tuple[Pair, NDArray[np.float32]]]  # and the features (2, d) of both sides

    @property
    def contents(self) -> set[str]:
        """Of the pictures of a folder that the new ones are about."""
        records = [row.candidate for row, _ in self.rows]
        records += [record for pair, _ in self.pairs for record in (pair.preferred, pair.other)]
        return {content for record in records if (content := content_of(record.settings))}


def read_changes(
    folder: SessionFolder,
    latent_shape: tuple[int, ...],
    row_numbers: frozenset[int],
    pair_numbers: frozenset[int],
) -> FolderChanges:
    """Compare a folder, made anew where it is gone, with the numbers that a session holds.

    Raises `OSError`. What is new and cannot be read is named when the session is opened.
    """
    was_gone = not folder.path.exists()
    folder.create()
    stores = Stores(folder, latent_shape)
    stores.create()
    rows, pairs = stores.rows, stores.pairs
    rows_there, pairs_there = frozenset(rows.numbers()), frozenset(pairs.numbers())
    return FolderChanges(
        was_gone,
        row_numbers - rows_there,
        pair_numbers - pairs_there,
        _read_rows(rows, rows_there - row_numbers),
        _read_pairs(pairs, pairs_there - pair_numbers),
    )


def _read_rows(store: RowStore, numbers: Collection[int]) -> list[tuple[Row, NDArray[np.float32]]]:
    rows = []
    for number in sorted(numbers):
        try:
            row, z = store.read(number)
        except (OSError, ValueError) as error:
            logger.warning("row %06d cannot be read: %s", number, error)
            continue
        if standing(row.history).present:
            rows.append((row, latents.features(z[None])[0]))
    return rows


def _read_pairs(store: PairStore, numbers: Collection[int]) -> list[tuple[Pair, NDArray[np.float32]]]:
    pairs = []
    for number in sorted(numbers):
        try:
            pair, z = store.read(number)
        except (OSError, ValueError) as error:
            logger.warning("pair %06d cannot be read: %s", number, error)
            continue
        if standing(pair.history).present:
            pairs.append((pair, latents.features(z)))
    return pairs


class FolderReconciler:
    """Adopts the changes of a folder. Guarded by the session's lock."""

    def __init__(
        self,
        folder: SessionFolder,
        dataset: PreferenceDataset,
        recent: RecentJudgements,
        queue: CandidateQueue,
    ) -> None:
        self._folder, self._dataset, self._recent, self._queue = folder, dataset, recent, queue

    def adopt(self, changes: FolderChanges) -> tuple[bool, str]:
        """Whether rows or pairs are others now, and what their user should know; empty if nothing.

        What was judged or taken back since the folder was read stays so.
        """
        lost: list[Row | Pair] = [
            *(row for row in self._dataset.rows.values() if row.number in changes.missing_rows),
            *(pair for pair in self._dataset.pairs if pair.number in changes.missing_pairs),
        ]
        for judged in lost:
            self._dataset.forget(judged)
        added = [self._add_row(*row) for row in changes.rows] + [
            self._add_pair(*pair) for pair in changes.pairs
        ]
        if changes.was_gone:
            self._persist_queue()
        changed = bool(lost) or any(added)
        if changed:
            self._recent.refresh()
        return changed, self._notice(changes.was_gone, lost)

    def _add_row(self, row: Row, features: NDArray[np.float32]) -> bool:
        if not self._take_in(row, [row.candidate_id]):
            return False
        self._dataset.add(row, features)
        return True

    def _add_pair(self, pair: Pair, both: NDArray[np.float32]) -> bool:
        if not self._take_in(pair, pair.candidates):
            return False
        self._dataset.add_pair(pair, both)
        return True

    def _take_in(self, judged: Row | Pair, ids: Sequence[str]) -> bool:
        """Whether none of these candidates was judged here yet; then they leave the hand."""
        if any(self._dataset.judged(id_) for id_ in ids) or not self._dataset.on_disk(judged):
            return False
        for id_ in ids:
            self._queue.remove(id_)
        return True

    def _persist_queue(self) -> None:
        try:
            self._queue.persist_all()
        except OSError as error:
            logger.warning("the candidates in hand are kept in memory only: %s", error)

    def _notice(self, was_gone: bool, lost: Sequence[Row | Pair]) -> str:
        if was_gone:
            return gone_with_folder(self._folder.path, lost)
        return gone_from_folder(self._folder.path, lost) if lost else ""
