"""The images that a model takes for most like one: nearest neighbours in its latent space."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 15  # rows at a time, so that differences stay in the processor's cache

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Neighbour:
    """Another image, and how far its latent is."""

    row: int
    distance: float


def nearest(latent: Floats, row: int, count: int) -> list[Neighbour]:
    """The `count` rows of `(n, d)` nearest to a row, without itself, nearest first.

    Rows that are not finite are nobody's neighbours and have none.
    """
    squared = squared_distances(latent, latent[row])
    squared[row] = np.inf
    count = min(count, len(squared) - 1)
    if count < 1:
        return []
    near = np.argpartition(squared, count - 1)[:count]
    near = near[np.lexsort((near, squared[near]))]
    return [Neighbour(int(one), float(np.sqrt(squared[one]))) for one in near if np.isfinite(squared[one])]


def squared_distances(latent: Floats, centre: Floats) -> Floats:
    """‖x − centre‖² of all rows `(n,)`; infinite where it is not finite."""
    squared = np.empty(len(latent), np.float32)
    for start in range(0, len(latent), _BLOCK):
        with np.errstate(over="ignore", invalid="ignore"):
            difference = latent[start : start + _BLOCK].astype(np.float32, copy=False) - centre
            squared[start : start + _BLOCK] = np.einsum("nd,nd->n", difference, difference)
    squared[~np.isfinite(squared)] = np.inf
    return squared
