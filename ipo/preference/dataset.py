"""What was judged in a session: on disk, in memory, and among what fits read. The three always agree."""

import logging
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ipo.preference import latents
from ipo.preference.candidates import Candidate
from ipo.preference.loading import Loaded
from ipo.preference.recent_actions import Action
from ipo.preference.state import PreferenceState
from ipo.preference.storage.pairs import RIGHT, Pair, PairStore
from ipo.preference.storage.rows import GOOD, Row, RowStore
from ipo.preference.storage.sessions import SessionFolder

logger = logging.getLogger("ipo.preference.dataset")

Known = Callable[[str], Candidate | None]  # a candidate that is in memory


class PreferenceDataset:
    """The rows and pairs of one session. Guarded by the session's lock."""

    def __init__(
        self, folder: SessionFolder, rows: RowStore, pairs: PairStore, state: PreferenceState
    ) -> None:
        self.rows: dict[str, Row] = {}  # by candidate id
        self._pair_of: dict[str, Pair] = {}  # by the ids of both candidates
        self._folder, self._row_store, self._pair_store, self._state = folder, rows, pairs, state
        self._there: tuple[object, ...] | None = None  # which folders were there when somebody looked last

    @property
    def pairs(self) -> list[Pair]:
        """Oldest first."""
        return [pair for id_, pair in self._pair_of.items() if id_ == pair.candidates[0]]

    def judged(self, id_: str) -> Row | Pair | None:
        """The row of a candidate, or the pair that it is part of."""
        return self.rows.get(id_) or self._pair_of.get(id_)

    def fill(self, loaded: Loaded) -> None:
        """Take over what an opened session holds."""
        found, pairs = loaded.rows.rows, loaded.pairs.pairs
        self._there = self._folders()
        ids = [row.candidate_id for row in found]
        self.rows = dict(zip(ids, found, strict=True))
        self._pair_of = {id_: pair for pair in pairs for id_ in pair.candidates}
        with self._state.w_lock:
            self._state.pool.fill(ids, loaded.features, [row.label for row in found])
            for pair, difference in zip(pairs, loaded.differences, strict=True):
                self._state.pool.add_pair(pair.id, difference)

    def add(self, row: Row, features: NDArray[np.float32]) -> None:
        """Take in a row that is on disk; `features` is `(d,)`."""
        self.rows[row.candidate_id] = row
        with self._state.w_lock:
            self._state.pool.add(row.candidate_id, features, row.label)

    def add_pair(self, pair: Pair, difference: NDArray[np.float32]) -> None:
        """Take in a pair that is on disk; `difference` is `(d,)`."""
        self._pair_of |= dict.fromkeys(pair.candidates, pair)
        with self._state.w_lock:
            self._state.pool.add_pair(pair.id, difference)

    def judge(self, candidate: Candidate, label: int, event: str) -> Action:
        """Save a judgement. Raises `OSError`; then nothing has changed."""
        row = self._row_store.save(candidate, label, event)
        self.add(row, latents.features(candidate.z[None])[0])
        return Action(candidate.id, label)

    def prefer(self, preferred: Candidate, other: Candidate, side: int, event: str) -> Action:
        """Save a preference. Raises `OSError`; then nothing has changed."""
        pair = self._pair_store.save(preferred, other, side, event)
        features = latents.features(np.stack([preferred.z, other.z]))
        self.add_pair(pair, features[0] - features[1])
        return Action(preferred.id, GOOD, pair)

    def relabel(self, row: Row, label: int, event: str) -> None:
        """Change a label. Raises `OSError`, or `ValueError` where the row is damaged."""
        self.rows[row.candidate_id] = self._row_store.relabel(row, label, event)
        with self._state.w_lock:
            self._state.pool.relabel(row.candidate_id, label)

    def revert(self, row: Row, event: str) -> int:
        """Take the last change of a label back; returns the label from before.

        Raises `OSError`, or `ValueError` where the row is damaged.
        """
        self.rows[row.candidate_id] = reverted = self._row_store.revert(row, event)
        with self._state.w_lock:
            self._state.pool.relabel(row.candidate_id, reverted.label)
        return reverted.label

    def undo(self, judged: Row | Pair, event: str, known: Known) -> Sequence[Candidate]:
        """Take a judgement back; its candidates come as they were shown, from left to right.

        Raises `OSError`, or `ValueError` for what is damaged; then nothing has changed.
        """
        candidates = self.candidates_of(judged, known)
        if isinstance(judged, Row):
            self._row_store.undo(judged, event)
        else:
            self._pair_store.undo(judged, event)
            candidates = candidates[::-1] if judged.side == RIGHT else candidates
        self.forget(judged)
        return candidates

    def forget(self, judged: Row | Pair) -> None:
        """Drop what is not among the rows or pairs on disk any more."""
        if isinstance(judged, Row):
            del self.rows[judged.candidate_id]
        else:
            for id_ in judged.candidates:
                del self._pair_of[id_]
        with self._state.w_lock:
            self._state.pool.remove(judged.candidate_id if isinstance(judged, Row) else judged.id)

    def candidates_of(self, judged: Row | Pair, known: Known) -> Sequence[Candidate]:
        """What was judged, from memory or from disk. Raises `OSError` or `ValueError`."""
        if isinstance(judged, Row):
            return [known(judged.candidate_id) or self._row_store.candidate(judged)]
        preferred, other = map(known, judged.candidates)
        return (preferred, other) if preferred and other else self._pair_store.candidates(judged)

    def stands(self) -> bool:
        """Whether the folders are those that were there last. Raises `OSError` if nobody can tell."""
        return self._there is not None and self._folders() == self._there

    def restore(self) -> None:
        """Make the folders again where they are gone. Raises `OSError` where that is not allowed."""
        logger.warning("%s was removed, moved or replaced", self._folder.path)
        self._folder.create()
        self._row_store.create()
        self._pair_store.create()
        self._there = self._folders()

    def everything(self) -> list[Row | Pair]:
        """All that was judged."""
        return [*self.rows.values(), *self.pairs]

    def holds(self, judged: Row | Pair) -> bool:
        """Whether that row or pair still counts, relabelled or not."""
        id_ = judged.candidate_id if isinstance(judged, Row) else judged.candidates[0]
        now = self.judged(id_)
        return type(now) is type(judged) and now.number == judged.number

    def missing(self, among: Sequence[Row | Pair]) -> list[Row | Pair]:
        """What is not among the rows and pairs on disk any more. Raises `OSError`."""
        rows, pairs = set(self._row_store.numbers()), set(self._pair_store.numbers())
        return [one for one in among if one.number not in (rows if isinstance(one, Row) else pairs)]

    def _folders(self) -> tuple[object, ...] | None:
        """What tells the folders from others of the same names; `None` if one is gone."""
        about, *folders = self._folder.about_path, self._row_store.path, self._pair_store.path
        try:
            about.stat()
            found = [folder.stat() for folder in folders]
        except (FileNotFoundError, NotADirectoryError):
            return None
        return tuple((stat.st_dev, stat.st_ino) for stat in found)
