"""The labelled rows of a session as arrays that fits can read while labels keep coming.

Feature rows are appended once and never changed, so a snapshot is a view and an index, not a copy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FIRST_CAPACITY = 64


@dataclass(frozen=True)
class TrainingSnapshot:
    """Immutable training data, and the generation (count of changes so far) it was taken at."""

    features: NDArray[np.float32]  # (capacity used, d), read-only; use `X`
    index: NDArray[np.intp]  # (n,) rows of `features` that are labelled
    y: NDArray[np.float32]  # (n,) labels ±1
    ids: tuple[str, ...]  # (n,) candidate ids
    generation: int
    pairs: NDArray[np.intp]  # (p,) rows of `features` that are a preferred candidate less the other

    @property
    def X(self) -> NDArray[np.float32]:  # noqa: N802 - the design's symbol
        """Features of the labelled rows (n, d); a copy unless no row was ever undone."""
        if len(self.index) == len(self.features):
            return self.features
        return self.features[self.index]

    def __len__(self) -> int:
        return len(self.y)


class TrainingSet:
    """Features and labels by candidate id. The caller holds the lock."""

    def __init__(self, d: int) -> None:
        self.generation = 0
        self._features = np.empty((_FIRST_CAPACITY, d), np.float32)
        self._used = 0
        self._place: dict[str, int] = {}  # candidate id → row of `_features`, of labelled rows
        self._label: dict[str, int] = {}
        self._pair: dict[str, int] = {}  # pair id → row of `_features`

    def __len__(self) -> int:
        return len(self._label)

    def count(self, label: int) -> int:
        return sum(value == label for value in self._label.values())

    def count_pairs(self) -> int:
        return len(self._pair)

    def fill(self, ids: list[str], features: NDArray[np.float32], labels: list[int]) -> None:
        """Take over the rows of an opened session as they are."""
        self._features, self._used = features, len(features)
        self._place = {id_: place for place, id_ in enumerate(ids)}
        self._label = dict(zip(ids, labels, strict=True))
        self.generation += 1

    def add(self, id_: str, features: NDArray[np.float32], label: int) -> None:
        """Add a labelled row; `features` is `(d,)`."""
        self._place[id_] = self._append(features)
        self._label[id_] = label
        self.generation += 1

    def add_pair(self, id_: str, difference: NDArray[np.float32]) -> None:
        """Add a preference: features of what was preferred less those of the other, `(d,)`."""
        self._pair[id_] = self._append(difference)
        self.generation += 1

    def _append(self, features: NDArray[np.float32]) -> int:
        if self._used == len(self._features):
            grown = np.empty((max(_FIRST_CAPACITY, 2 * self._used), self._features.shape[1]), np.float32)
            grown[: self._used] = self._features
            self._features = grown
        self._features[self._used] = features
        self._used += 1
        return self._used - 1

    def relabel(self, id_: str, label: int) -> None:
        self._label[id_] = label
        self.generation += 1

    def remove(self, id_: str) -> None:
        """Forget a candidate's label, or a pair."""
        if id_ in self._pair:
            del self._pair[id_]
        else:
            del self._label[id_], self._place[id_]
        self.generation += 1

    def snapshot(self) -> TrainingSnapshot:
        features = self._features[: self._used]
        features.flags.writeable = False
        ids = tuple(self._label)
        index = np.fromiter((self._place[id_] for id_ in ids), np.intp, len(ids))
        y = np.fromiter((self._label[id_] for id_ in ids), np.float32, len(ids))
        pairs = np.fromiter(self._pair.values(), np.intp, len(self._pair))
        return TrainingSnapshot(features, index, y, ids, self.generation, pairs)
