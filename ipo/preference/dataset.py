"""What was judged in a session: on disk, in memory, and among what fits read. The three always agree."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ipo.preference import latents
from ipo.preference.candidates import Candidate
from ipo.preference.loading import Loaded
from ipo.preference.state import PreferenceState
from ipo.preference.storage.pairs import RIGHT, Pair, PairStore
from ipo.preference.storage.rows import Row, RowStore


class PreferenceDataset:
    """The rows and pairs of one session. Guarded by the session's lock."""

    def __init__(self, rows: RowStore, pairs: PairStore, state: PreferenceState) -> None:
        self.rows: dict[str, Row] = {}  # by candidate id
        self._pair_of: dict[str, Pair] = {}  # by the ids of both candidates
        self._row_store, self._pair_store, self._state = rows, pairs, state

    @property
    def pairs(self) -> list[Pair]:
        """Oldest first."""
        return [pair for id_, pair in self._pair_of.items() if id_ == pair.candidates[0]]

    def judged(self, id_: str) -> Row | Pair | None:
        """The row of a candidate, or the pair that it is part of."""
        return self.rows.get(id_) or self._pair_of.get(id_)

    def fill(self, loaded: Loaded) -> None:
        """Take over what an opened session holds."""
        rows, pairs = loaded.rows.rows, loaded.pairs.pairs
        ids = [row.candidate_id for row in rows]
        self.rows = dict(zip(ids, rows, strict=True))
        self._pair_of = {id_: pair for pair in pairs for id_ in pair.candidates}
        with self._state.w_lock:
            self._state.pool.fill(ids, loaded.features, [row.label for row in rows])
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

    def judge(self, candidate: Candidate, label: int, event: str) -> None:
        """Save a judgement. Raises `OSError`; then nothing has changed."""
        row = self._row_store.save(candidate, label, event)
        self.add(row, latents.features(candidate.z[None])[0])

    def prefer(self, preferred: Candidate, other: Candidate, side: int, event: str) -> Pair:
        """Save a preference. Raises `OSError`; then nothing has changed."""
        pair = self._pair_store.save(preferred, other, side, event)
        features = latents.features(np.stack([preferred.z, other.z]))
        self.add_pair(pair, features[0] - features[1])
        return pair

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

    def undo(self, judged: Row | Pair, event: str, in_memory: Mapping[str, Candidate]) -> Sequence[Candidate]:
        """Take a judgement back; its candidates come as they were shown, from left to right.

        Raises `OSError`, or `ValueError` for what is damaged; then nothing has changed.
        """
        candidates = self.candidates(judged, in_memory)
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

    def candidates(self, judged: Row | Pair, in_memory: Mapping[str, Candidate]) -> Sequence[Candidate]:
        """What was judged, from memory or from disk. Raises `OSError` or `ValueError`."""
        if isinstance(judged, Row):
            return [in_memory.get(judged.candidate_id) or self._row_store.candidate(judged)]
        preferred, other = map(in_memory.get, judged.candidates)
        return (preferred, other) if preferred and other else self._pair_store.candidates(judged)

    def numbers(self) -> tuple[frozenset[int], frozenset[int]]:
        """The numbers of all rows and of all pairs."""
        rows, pairs = self.rows.values(), self.pairs
        return frozenset(row.number for row in rows), frozenset(pair.number for pair in pairs)

    def on_disk(self, judged: Row | Pair) -> bool:
        """Whether the folder of a row or pair is there."""
        store = self._row_store if isinstance(judged, Row) else self._pair_store
        return store.holds(judged.number)

    def folder_gone(self, judged: Row | Pair) -> bool:
        """Whether nobody can tell if a row or pair is there, because the folder of all of them is not."""
        store = self._row_store if isinstance(judged, Row) else self._pair_store
        return not store.path.exists()
