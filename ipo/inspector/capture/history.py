"""The small tensors of all steps, in columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_FIRST_ROOM = 256  # steps; doubled whenever it is full


@dataclass(frozen=True, eq=False)
class History:
    """Steps `(n,)` and by key a column `(n,)` for a scalar, `(n, D)` or `(n, B)` for a vector."""

    steps: NDArray[np.int64]
    columns: Mapping[str, NDArray[np.float32]]

    def scalars(self) -> tuple[str, ...]:
        return tuple(key for key, column in self.columns.items() if column.ndim == 1)


class HistoryColumns:
    """Columns that grow by one row a step. A key that a step lacks is NaN there."""

    def __init__(self) -> None:
        self.rows = 0
        self._columns: dict[str, NDArray[np.float32]] = {}

    def append(self, values: Mapping[str, Array]) -> None:
        for key, value in values.items():
            column = self._column(key, value.shape)
            if value.ndim == 0:
                column[self.rows] = value
            else:
                column[self.rows, : len(value)] = value
        self.rows += 1

    def truncate(self, rows: int) -> None:
        """Forget all but the first `rows` steps."""
        self.rows = min(rows, self.rows)
        for key in self._columns:  # a copy, since a History that was given away shows the same memory
            self._columns[key] = self._columns[key].copy()
            self._columns[key][self.rows :] = np.nan

    def since(self, step: int) -> History:
        """The rows from `step` on, as views: a row never changes once it is there."""
        first = min(max(step, 0), self.rows)
        columns = {}
        for key, column in self._columns.items():
            columns[key] = column[first : self.rows]
            columns[key].flags.writeable = False
        return History(np.arange(first, self.rows), columns)

    def at(self, row: int, key: str) -> float:
        """One scalar; NaN where there is none."""
        column = self._columns.get(key)
        return float("nan") if column is None or not 0 <= row < self.rows else float(column[row])

    def load(self, history: History) -> None:
        """Take over all rows of a history that begins at step 0."""
        self.rows = len(history.steps)
        self._columns = {key: np.array(column, np.float32) for key, column in history.columns.items()}

    @property
    def nbytes(self) -> int:
        return sum(column.nbytes for column in self._columns.values())

    def _column(self, key: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """The column of a key, with room for one more row as wide as `shape`."""
        column = self._columns.get(key)
        if column is None:
            column = np.full((max(_FIRST_ROOM, self.rows + 1), *shape), np.nan, np.float32)
        wide = shape and shape[0] > column.shape[1]
        if self.rows >= len(column) or wide:
            length = 2 * len(column) if self.rows >= len(column) else len(column)
            grown = np.full(
                (length, *(max(pair) for pair in zip(column.shape[1:], shape, strict=True))),
                np.nan,
                np.float32,
            )
            grown[(slice(len(column)), *map(slice, column.shape[1:]))] = column
            column = grown
        self._columns[key] = column
        return column
