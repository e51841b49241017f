"""Large tensors as figures of a size that a browser draws at once: cells that stand for blocks of values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_CELLS = 2**18  # of a figure: more than a screen has room for, and 1 MB on the way

Values = NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class Pooled:
    """A matrix of which each cell is the value farthest from zero of a block of `rows` × `columns` values.

    A block with a NaN is NaN.
    """

    values: Values
    rows: int = 1
    columns: int = 1

    def named(self, name: str) -> str:
        """The name of the figure, which says what a cell is."""
        if self.rows == self.columns == 1:
            return name
        block = f"{self.rows} × {self.columns}" if self.rows > 1 else f"{self.columns}"
        return f"{name}; a cell is the value farthest from 0 of {block}"


def pooled(values: Values, most: int = MOST_CELLS) -> Pooled:
    """`(M, N)` as at most `most` cells; as it is where it has no more. Complex values by magnitude."""
    height, width = values.shape
    rows = columns = 1
    while -(-height // rows) * -(-width // columns) > most:
        if height / rows > width / columns:
            rows += 1
        else:
            columns += 1
    if rows == columns == 1:
        return Pooled(values)
    real = np.abs(values) if np.iscomplexobj(values) else values
    highest = _reduced(np.maximum, real, rows, columns)
    if real.dtype.kind in "ub":
        return Pooled(highest, rows, columns)
    lowest = _reduced(np.minimum, real, rows, columns)
    # of integers the lowest may have no opposite
    farther = np.negative(lowest, dtype=np.result_type(lowest, np.float32)) > highest
    return Pooled(np.where(farther, lowest, highest), rows, columns)


def first_tiles(values: Values, name: str, most: int = MOST_CELLS) -> tuple[Values, str]:
    """The first rows `(m, F)` of `(n, F)`, as `most` values have room for, and a name that says so."""
    count = max(1, most // max(values.shape[1], 1)) if values.ndim == 2 else len(values)
    if len(values) <= count:
        return values, name
    return values[:count], f"{name}; the first {count} of {len(values)}"


def grouped(axis: str, count: int) -> str:
    """The noun for a cell of an axis that stands for so many of its places: `input`, or `input block`."""
    return axis if count == 1 else f"{axis} block"


def _reduced(reduce: np.ufunc, values: Values, rows: int, columns: int) -> Values:
    height, width = values.shape
    across = reduce.reduceat(values, np.arange(0, width, columns), axis=1) if columns > 1 else values
    down: Values = reduce.reduceat(across, np.arange(0, height, rows), axis=0) if rows > 1 else across
    return down
