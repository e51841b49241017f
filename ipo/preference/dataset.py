"""What was judged in a session: on disk, in memory, and among what fits read. All of them always agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.preference import latents
from ipo.preference.acts.history import ActHistory, Change
from ipo.preference.candidates import Candidate
from ipo.preference.loading import Loaded
from ipo.preference.schema import HistoryEntry
from ipo.preference.state import PreferenceState
from ipo.preference.storage.numbered_folders import Item, Kind, now
from ipo.preference.storage.pairs import RIGHT, Pair
from ipo.preference.storage.rows import Row
from ipo.preference.storage.skips import Skip
from ipo.preference.storage.standing import Action
from ipo.preference.storage.stores import Judged, Stores


@dataclass(frozen=True)
class Stamp:
    """The event that something is done by, and the number of the act that it belongs to."""

    event: str
    act: int


class PreferenceDataset:
    """The rows, pairs and skips of one session. Guarded by the session's lock."""

    def __init__(self, stores: Stores, state: PreferenceState) -> None:
        self.rows: dict[str, Row] = {}  # by candidate id
        self.skips: dict[str, Skip] = {}  # by candidate id
        self.history = ActHistory()
        self._pair_of: dict[str, Pair] = {}  # by the ids of both candidates
        self._stores, self._state = stores, state

    @property
    def pairs(self) -> list[Pair]:
        """Oldest first."""
        return [pair for id_, pair in self._pair_of.items() if id_ == pair.candidates[0]]

    def judged(self, id_: str) -> Row | Pair | None:
        """The row of a candidate, or the pair that it is part of."""
        return self.rows.get(id_) or self._pair_of.get(id_)

    def holding(self, item: Item) -> Judged | None:
        """What an item is now; `None` while it is undone."""
        candidate = item.candidates[0]
        listed = (self.judged(candidate), self.skips.get(candidate))
        return next((one for one in listed if one is not None and one.item == item), None)

    def fill(self, loaded: Loaded) -> None:
        """Take over what an opened session holds."""
        rows, pairs = loaded.rows.rows, loaded.pairs.pairs
        ids = [row.candidate_id for row in rows]
        self.rows = dict(zip(ids, rows, strict=True))
        self.skips = {skip.candidate.id: skip for skip in loaded.skips.entries}
        self.history = loaded.history
        self._pair_of = {id_: pair for pair in pairs for id_ in pair.candidates}
        with self._state.w_lock:
            self._state.pool.fill(ids, loaded.features, [row.label for row in rows])
            for pair, both in zip(pairs, loaded.pair_features, strict=True):
                self._state.pool.add_pair(pair.id, both)

    def add(self, row: Row, features: NDArray[np.float32]) -> None:
        """Take in a row that is on disk; `features` is `(d,)`."""
        self.rows[row.candidate_id] = row
        self.history.update(row.item, row.history)
        with self._state.w_lock:
            self._state.pool.add(row.candidate_id, features, row.label)

    def add_pair(self, pair: Pair, both: NDArray[np.float32]) -> None:
        """Take in a pair that is on disk; `both` are features `(2, d)`, of what was preferred first."""
        self._pair_of |= dict.fromkeys(pair.candidates, pair)
        self.history.update(pair.item, pair.history)
        with self._state.w_lock:
            self._state.pool.add_pair(pair.id, both)

    def judge(self, candidate: Candidate, label: int, stamp: Stamp) -> None:
        """Save a judgement. Raises `OSError`; then nothing has changed."""
        row = self._stores.rows.save(candidate, label, stamp.event, stamp.act)
        self.add(row, latents.features(candidate.z[None])[0])

    def prefer(self, preferred: Candidate, other: Candidate, side: int, stamp: Stamp) -> None:
        """Save a preference. Raises `OSError`; then nothing has changed."""
        pair = self._stores.pairs.save(preferred, other, side, stamp.event, stamp.act)
        self.add_pair(pair, latents.features(np.stack([preferred.z, other.z])))

    def skip(self, candidate: Candidate, stamp: Stamp) -> None:
        """Save a skip. Raises `OSError`; then nothing has changed."""
        self._add_skip(self._stores.skips.save(candidate, stamp.event, stamp.act))

    def relabel(self, row: Row, label: int, stamp: Stamp, action: Action = Action.RELABEL) -> None:
        """Change a label. Raises `OSError`, or `ValueError` where the row is damaged."""
        self.rows[row.candidate_id] = row = self._stores.rows.relabel(
            row, label, stamp.event, stamp.act, action
        )
        self.history.update(row.item, row.history)
        with self._state.w_lock:
            self._state.pool.relabel(row.candidate_id, label)

    def take_away(
        self, judged: Judged, action: Action, stamp: Stamp, in_memory: Mapping[str, Candidate]
    ) -> Sequence[Candidate]:
        """Take a judgement or a skip back; its candidates come as they were shown, from left to right.

        Raises `OSError`, or `ValueError` for what is damaged; then nothing has changed.
        """
        candidates = self.candidates(judged, in_memory)
        undone = self._stores.undo(judged, action, stamp.event, stamp.act)
        if isinstance(judged, Pair) and judged.side == RIGHT:
            candidates = candidates[::-1]
        self.forget(judged)
        self.history.update(undone.item, undone.history)
        return candidates

    def bring_back(self, change: Change, action: Action, stamp: Stamp) -> None:
        """Put an undone row, pair or skip where it was. Raises as `NumberedFolders.restore` does."""
        item = change.item
        label = {"label": change.label} if change.label else {}
        entry = HistoryEntry(now(), action, stamp.event, act=stamp.act, **label)
        store = self._stores.holding(item)
        number = store.restore(item.number, "-".join(item.candidates), entry, **label)
        self.history.discard(item)
        self._read(item, number)

    def _read(self, item: Item, number: int) -> None:
        if item.kind == Kind.ROW:
            row, z = self._stores.rows.read(number)
            self.add(row, latents.features(z[None])[0])
        elif item.kind == Kind.PAIR:
            pair, both = self._stores.pairs.read(number)
            self.add_pair(pair, latents.features(both))
        else:
            self._add_skip(self._stores.skips.read(number))

    def _add_skip(self, skip: Skip) -> None:
        self.skips[skip.candidate.id] = skip
        self.history.update(skip.item, skip.history)

    def forget(self, judged: Judged) -> None:
        """Drop what is not among the rows, pairs and skips on disk any more."""
        self.history.discard(judged.item)
        if isinstance(judged, Skip):
            del self.skips[judged.candidate.id]
            return
        if isinstance(judged, Row):
            del self.rows[judged.candidate_id]
        else:
            for id_ in judged.candidates:
                del self._pair_of[id_]
        with self._state.w_lock:
            self._state.pool.remove(judged.candidate_id if isinstance(judged, Row) else judged.id)

    def candidates(self, judged: Judged, in_memory: Mapping[str, Candidate]) -> Sequence[Candidate]:
        """What was judged, from memory or from disk. Raises `OSError` or `ValueError`."""
        there = [in_memory[id_] for id_ in judged.item.candidates if id_ in in_memory]
        return there if len(there) == len(judged.item.candidates) else self._stores.candidates(judged)

    def numbers(self) -> tuple[frozenset[int], frozenset[int]]:
        """The numbers of all rows and of all pairs."""
        rows, pairs = self.rows.values(), self.pairs
        return frozenset(row.number for row in rows), frozenset(pair.number for pair in pairs)

    def on_disk(self, judged: Judged) -> bool:
        """Whether the folder of a row, pair or skip is there."""
        return self._stores.holding(judged.item).holds(judged.number)

    def folder_gone(self, item: Item) -> bool:
        """Whether nobody can tell if an item is there, because the folder of all of its kind is not."""
        return not self._stores.holding(item).path.exists()
