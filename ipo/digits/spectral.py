"""Which images are connected by others: coordinates in which a class is a direction, however bent it is.

A walk between images over shared landmarks rarely leaves a class. Its slowest modes are the leading singular
vectors of a small matrix (Chen, Cai, "Large scale spectral clustering with landmark-based representation",
2011).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

Floats = NDArray[np.float32]

LANDMARKS = 500  # at most
SHARE = 20  # images of a landmark, at least: with fewer, clusters fall into pieces
NEAREST = 3  # landmarks that an image is joined to

_SAMPLE = 10_000  # rows that landmarks are the means of
_ROUNDS = 5
_BLOCK = 4096  # rows at a time


def spectral_coordinates(features: Floats, dimensions: int, rng: np.random.Generator) -> Floats:
    """Coordinates `(n, ≤ dimensions)` of length 1 of features `(n ≥ 1, F)`, the same for the same generator.

    Z joins images to landmarks, each row summing to 1; the coordinates are the leading left singular vectors
    of Z D^−½, where D holds the column sums of Z.
    """
    joined = _joined(features, _landmarks(features, rng))
    scaled = joined @ diags(1 / np.sqrt(np.maximum(np.asarray(joined.sum(0)).ravel(), 1e-9)))
    values, vectors = np.linalg.eigh((scaled.T @ scaled).toarray())
    leading = slice(-min(dimensions, len(values)), None)
    coordinates = scaled @ (vectors[:, leading] / np.sqrt(np.maximum(values[leading], 1e-9)))
    length = np.linalg.norm(coordinates, axis=1, keepdims=True)
    result: Floats = (coordinates / np.maximum(length, 1e-12)).astype(np.float32)
    return result


def _landmarks(features: Floats, rng: np.random.Generator) -> Floats:
    """Means `(≤ LANDMARKS, F)` of a few rounds of k-means on a sample."""
    sample = features[rng.permutation(len(features))[:_SAMPLE]]
    means = sample[: min(LANDMARKS, -(-len(features) // SHARE))].copy()
    for _ in range(_ROUNDS):
        nearest = np.argmin(np.square(means).sum(1) - 2 * sample @ means.T, axis=1)
        members = csr_matrix(
            (np.ones(len(sample), np.float32), (nearest, np.arange(len(sample)))), (len(means), len(sample))
        )
        sizes = np.bincount(nearest, minlength=len(means))
        filled = sizes > 0
        means[filled] = (members @ sample)[filled] / sizes[filled, None]
    return means


def _joined(features: Floats, landmarks: Floats) -> csr_matrix:
    """Z `(n, landmarks)`: exp(−d² / mean d²) to the nearest landmarks, else 0; rows sum to 1."""
    nearest = min(NEAREST, len(landmarks))
    places = np.empty((len(features), nearest), np.int64)
    squared = np.empty((len(features), nearest), np.float32)
    for start in range(0, len(features), _BLOCK):
        block = features[start : start + _BLOCK]
        distances = np.square(block).sum(1)[:, None] + np.square(landmarks).sum(1) - 2 * block @ landmarks.T
        part = np.argpartition(distances, nearest - 1, axis=1)[:, :nearest]
        places[start : start + _BLOCK] = part
        squared[start : start + _BLOCK] = np.take_along_axis(distances, part, axis=1)
    squared = np.maximum(squared, 0)
    weights = np.exp(-squared / max(float(squared.mean()), 1e-12))
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-12)
    rows = np.repeat(np.arange(len(features)), nearest)
    return csr_matrix((weights.ravel(), (rows, places.ravel())), (len(features), len(landmarks)))


def unit_rows(features: NDArray[np.floating]) -> Floats:
    """Features `(n, F)` with rows of length 1; what is not finite becomes a row of zeros."""
    rows = np.array(features, np.float32)
    rows[~np.isfinite(rows).all(1)] = 0
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return rows
