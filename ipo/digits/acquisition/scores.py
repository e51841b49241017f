"""How much an image may teach: by what a model says of it, and by what the labels there are say of it."""

import numpy as np
from numpy.typing import NDArray

from ipo.digits.acquisition.pool import Pool, Rows
from ipo.digits.spectral import Floats

HEADS = 10  # classifiers that vote
HEAD_RIDGE = 1.0


def entropy(probabilities: Floats) -> Floats:
    """H(p) `(n,)`, in units of the highest that there can be: 0 … 1."""
    safe = np.clip(probabilities, 1e-12, 1)
    highest = np.log(max(probabilities.shape[1], 2))
    result: Floats = (-(safe * np.log(safe)).sum(1) / highest).astype(np.float32)
    return result


def closeness(probabilities: Floats) -> Floats:
    """1 − (p₁ − p₂) `(n,)`: 1 where two classes are equally likely."""
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities), np.float32)
    top = np.partition(probabilities, -2, axis=1)[:, -2:]
    result: Floats = 1 - (top[:, 1] - top[:, 0])
    return result


def disagreement(votes: NDArray[np.float32]) -> Floats:
    """Mutual information between the class and which head is right `(n,)`, of votes `(heads, n, classes)`.

    H(mean p) − mean H(p): Houlsby et al., "Bayesian active learning for classification", 2011.
    """
    each = np.mean([entropy(vote) for vote in votes], axis=0)
    result: Floats = (entropy(votes.mean(0)) - each).astype(np.float32)
    return result


def head_votes(pool: Pool, rows: Rows, rng: np.random.Generator) -> NDArray[np.float32]:
    """What linear heads on resampled labels say of some rows `(HEADS, len(rows), classes)`.

    Each is a ridge regression to one-hot labels, weighted by Exponential(1): the Bayesian bootstrap, in
    which no class can be missing from a resample (Rubin, 1981).
    """
    labelled = pool.labelled
    X, Y = pool.features[labelled], np.eye(pool.classes, dtype=np.float32)[pool.labels[labelled]]
    kernel, cross = X @ X.T, pool.features[rows] @ X.T
    votes = np.empty((HEADS, len(rows), pool.classes), np.float32)
    for head in range(HEADS):
        weights = rng.exponential(size=len(labelled)).astype(np.float32)
        dual = np.linalg.solve(kernel + np.diag(HEAD_RIDGE / np.maximum(weights, 1e-3)), Y)
        scores = np.clip(cross @ dual, 1e-3, None)
        votes[head] = scores / scores.sum(1, keepdims=True)
    return votes
