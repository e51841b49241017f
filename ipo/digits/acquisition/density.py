"""How many images are like one, fast enough for all images at once: against a sample of them."""

import numpy as np

from ipo.digits.acquisition.pool import Rows
from ipo.digits.spectral import Floats

NEIGHBOURS = 20  # in the sample, whose mean distance says how dense it is around an image
SAMPLE = 1000
_BLOCK = 4096  # rows at a time


def density(features: Floats, rows: Rows, rng: np.random.Generator) -> Floats:
    """1 over the mean distance of rows to their nearest neighbours in a sample of all rows `(len(rows),)`.

    `features` `(n, F)` have rows of length 1.
    """
    count = len(features)
    sample = np.sort(rng.choice(count, min(SAMPLE, count), replace=False))
    neighbours = min(NEIGHBOURS, len(sample) - 1)
    if neighbours < 1:
        return np.ones(len(rows), np.float32)
    dense = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        squared = 2 - 2 * (features[block] @ features[sample].T)
        squared[block[:, None] == sample] = np.inf  # nobody is a neighbour of itself
        nearest = np.partition(squared, neighbours - 1, axis=1)[:, :neighbours]
        distance = np.sqrt(np.maximum(nearest, 0)).mean(1)
        dense[start : start + _BLOCK] = 1 / np.maximum(distance, 1e-6)
    return dense
