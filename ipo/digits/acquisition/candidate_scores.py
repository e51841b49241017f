"""How much a strategy makes of every candidate: what a map is coloured by.

Strategies that choose a batch look beyond one image; here each is scored as if it were the only one.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from ipo.digits.acquisition.density import density
from ipo.digits.acquisition.pool import Pool
from ipo.digits.acquisition.scores import closeness, disagreement, entropy, head_votes
from ipo.digits.acquisition.strategies import Strategy
from ipo.digits.spectral import Floats

_BLOCK = 1 << 15  # candidates at a time
_PERCENTILES = (1, 99)  # that are the lowest and the highest byte

Score = Callable[[Pool, np.random.Generator], Floats]


def score_candidates(strategy: Strategy, pool: Pool, rng: np.random.Generator) -> Floats:
    """Scores of `pool.candidates`, in their order; only to be compared within one answer."""
    if not len(pool.candidates):
        return np.zeros(0, np.float32)
    return _SCORES[strategy](pool, rng)


def score_bytes(pool: Pool, scores: Floats) -> NDArray[np.uint8]:
    """A byte for every image `(n,)`: 0 for no candidate, 1 for the lowest scores, 255 for the highest."""
    result = np.zeros(len(pool.labels), np.uint8)
    if len(scores):
        low, high = np.percentile(scores, _PERCENTILES)
        share = np.clip((scores - low) / max(float(high - low), 1e-12), 0, 1)
        result[pool.candidates] = 1 + np.rint(254 * share).astype(np.uint8)
    return result


def _density(pool: Pool, rng: np.random.Generator) -> Floats:
    return density(pool.features, pool.candidates, rng)


def _entropy(pool: Pool, rng: np.random.Generator) -> Floats:
    return entropy(pool.probabilities[pool.candidates])


def _margin(pool: Pool, rng: np.random.Generator) -> Floats:
    return closeness(pool.probabilities[pool.candidates])


def _bald(pool: Pool, rng: np.random.Generator) -> Floats:
    if len(np.unique(pool.labels[pool.labelled])) < 2:
        return _density(pool, rng)
    candidates, seed = pool.candidates, int(rng.integers(2**31))
    blocks = (candidates[start : start + _BLOCK] for start in range(0, len(candidates), _BLOCK))
    # The same heads for each block.
    return np.concatenate(
        [disagreement(head_votes(pool, block, np.random.default_rng(seed))) for block in blocks]
    )


def _distance(pool: Pool, rng: np.random.Generator) -> Floats:
    """To the nearest labelled image, or the mean of all where none is labelled."""
    X, centres = pool.features[pool.candidates], pool.features[pool.labelled]
    if not len(centres):
        centres = X.mean(0, keepdims=True)
    squared = np.square(X).sum(1)
    nearest = np.full(len(X), np.inf, np.float32)
    for start in range(0, len(X), _BLOCK):
        block = slice(start, start + _BLOCK)
        nearest[block] = (np.square(centres).sum(1) - 2 * X[block] @ centres.T).min(1)
    distance: Floats = np.sqrt(np.maximum(nearest + squared, 0))
    return distance


def _hybrid(pool: Pool, rng: np.random.Generator) -> Floats:
    result: Floats = _margin(pool, rng) * _density(pool, rng)
    return result


_SCORES: Mapping[Strategy, Score] = {
    Strategy.TYPICAL: _density,
    Strategy.ENTROPY: _entropy,
    Strategy.MARGIN: _margin,
    Strategy.BALD: _bald,
    Strategy.CORE_SET: _distance,
    Strategy.HYBRID: _hybrid,
}
