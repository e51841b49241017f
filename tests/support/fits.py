"""Ridge fits to rows that are all there at once."""

import numpy as np
from numpy.typing import NDArray

from ipo.value.gram import Gram
from ipo.value.ridge import RidgeFit
from ipo.value.ridge_model import RidgeModel


def ridge_of(X: NDArray[np.float32], y: NDArray[np.float32], relative: float | None = 1.0) -> RidgeFit:
    """Ridge with intercept; λ is relative, `None` chooses it."""
    return RidgeModel(Gram()).refit(X, np.arange(len(X)), y, relative)


def a_belief(d: int, seed: int = 3) -> RidgeFit:
    """A fit to a few labelled rows of `d` features that have a direction in common."""
    rng = np.random.default_rng(seed)
    y = np.resize([1, -1], 40).astype(np.float32)
    X = (rng.standard_normal((40, d)) / np.sqrt(d)).astype(np.float32)
    X += (0.1 * y[:, None] * rng.standard_normal(d) / np.sqrt(d)).astype(np.float32)
    return ridge_of(X, y, 0.1)
