"""The labelled rows of a session as arrays that fits can read while labels keep coming.

Feature rows are appended once and never changed, so a snapshot is a view and an index, not a copy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.value.kernel import Points, as_points

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
    points: Points | None = None  # (capacity used, 2, m) coordinates of each row, of both sides of a pair
    pair_ids: tuple[str, ...] = ()  # (p,) ids of the preferred candidate and of the other, `a>b`

    @property
    def X(self) -> NDArray[np.float32]:  # noqa: N802 - the design's symbol
        """Features of the labelled rows (n, d); a copy unless no row was ever undone."""
        if len(self.index) == len(self.features):
            return self.features
        return self.features[self.index]

    @property
    def row_points(self) -> Points | None:
        """Coordinates (n, 2, m) of the labelled rows."""
        return None if self.points is None else self.points[self.index]

    def __len__(self) -> int:
        return len(self.y)


class TrainingSet:
    """Features and labels by candidate id. The caller holds the lock.

    `projection` `(d, m)` makes of features the coordinates that a curved value reads; else none are kept.
    """

    def __init__(self, d: int, projection: NDArray[np.float32] | None = None) -> None:
        self.generation = 0
        self._projection = projection
        self._features = np.empty((_FIRST_CAPACITY, d), np.float32)
        self._points = self._points_of(self._features[:0])
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

    def candidates(self) -> set[str]:
        """The ids of all candidates that a label or a pair is about."""
        return {*self._label, *(id_ for pair in self._pair for id_ in pair.split(">"))}

    def fill(self, ids: list[str], features: NDArray[np.float32], labels: list[int]) -> None:
        """Take over the rows of an opened session as they are."""
        self._features, self._used = features, len(features)
        self._points = self._points_of(features)
        self._place = {id_: place for place, id_ in enumerate(ids)}
        self._label = dict(zip(ids, labels, strict=True))
        self.generation += 1

    def add(self, id_: str, features: NDArray[np.float32], label: int) -> None:
        """Add a labelled row; `features` is `(d,)`."""
        self._place[id_] = self._append(features, self._points_of(features[None]))
        self._label[id_] = label
        self.generation += 1

    def add_pair(self, id_: str, both: NDArray[np.float32]) -> None:
        """Add a preference: features `(2, d)` of what was preferred and of the other."""
        points = None if self._projection is None else (both @ self._projection)[None]
        self._pair[id_] = self._append(both[0] - both[1], points)
        self.generation += 1

    def _append(self, features: NDArray[np.float32], points: Points | None) -> int:
        if self._used == len(self._features):
            self._features = _grown(self._features, self._used)
        self._features[self._used] = features
        if self._points is not None and points is not None:
            if self._used == len(self._points):
                self._points = _grown(self._points, self._used)
            self._points[self._used] = points[0]
        self._used += 1
        return self._used - 1

    def _points_of(self, features: NDArray[np.float32]) -> Points | None:
        return None if self._projection is None else as_points(features @ self._projection)

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
        points = None if self._points is None else self._points[: self._used]
        ids = tuple(self._label)
        index = np.fromiter((self._place[id_] for id_ in ids), np.intp, len(ids))
        y = np.fromiter((self._label[id_] for id_ in ids), np.float32, len(ids))
        pairs = np.fromiter(self._pair.values(), np.intp, len(self._pair))
        return TrainingSnapshot(features, index, y, ids, self.generation, pairs, points, tuple(self._pair))


def _grown(rows: NDArray[np.float32], used: int) -> NDArray[np.float32]:
    grown = np.empty((max(_FIRST_CAPACITY, 2 * used), *rows.shape[1:]), np.float32)
    grown[:used] = rows[:used]
    return grown
