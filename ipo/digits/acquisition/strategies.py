"""What to label next: which of the unlabelled images teach a model most, and why each of them.

While there are few labels, whatever is typical of a cluster of the features teaches most (TypiClust: Hacohen,
Dekel, Weinshall, "Active learning on a budget", 2022, arXiv 2202.02794). Once every class is known, what the
model is unsure of does, and a batch of such images must not be the same image over and over: they are drawn
in proportion to their scores (Kirsch et al., "Stochastic batch acquisition", 2023, arXiv 2106.12059).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

import numpy as np

from ipo.digits.acquisition.density import density
from ipo.digits.acquisition.pool import Pool, Rows
from ipo.digits.acquisition.scores import closeness, disagreement, entropy, head_votes
from ipo.digits.labels.store import NONE, Values
from ipo.digits.spectral import Floats, spectral_coordinates

MAX_CLUSTERS = 500
SHARPNESS = 8.0  # of drawing in proportion to scores: 0 is random, infinity the highest ones
TYPICAL_LABELS_PER_CLASS = 3  # up to which `typical` is the default


class Strategy(StrEnum):
    """How unlabelled images are ranked."""

    TYPICAL = "typical"
    ENTROPY = "entropy"
    MARGIN = "margin"
    BALD = "bald"
    CORE_SET = "core_set"
    HYBRID = "hybrid"


@dataclass(frozen=True)
class Suggestion:
    """An image to label next."""

    row: int
    score: float  # by its strategy; only to be compared within one answer
    reason: str


def default_strategy(labels: Values, classes: int) -> tuple[Strategy, str]:
    """What to begin with and go on with, and why, in a sentence."""
    counts = np.bincount(labels[labels != NONE], minlength=classes)
    missing = int(np.count_nonzero(counts == 0))
    if not counts.sum():
        return Strategy.TYPICAL, "Nothing is labelled yet: typical images of each cluster come first."
    if missing:
        which = "one class has" if missing == 1 else f"{missing} classes have"
        return (
            Strategy.TYPICAL,
            f"{which} no label yet: typical images of new clusters come first.".capitalize(),
        )
    if counts.sum() < TYPICAL_LABELS_PER_CLASS * classes:
        return Strategy.TYPICAL, "There are few labels: typical images of new clusters teach most."
    return Strategy.HYBRID, "Every class is known: what the model is unsure of teaches most."


def suggest(strategy: Strategy, pool: Pool, count: int, rng: np.random.Generator) -> list[Suggestion]:
    """Up to `count` images, the first one first. The same images for the same generator."""
    if not len(pool.candidates) or count < 1:
        return []
    return _STRATEGIES[strategy](pool, min(count, len(pool.candidates)), rng)


def _typical(pool: Pool, count: int, rng: np.random.Generator) -> list[Suggestion]:
    """One typical image of each cluster, those with fewest labels first, and of these the largest."""
    clusters = int(np.clip(len(pool.labelled) + count, 1, min(MAX_CLUSTERS, len(pool.features))))
    coordinates = spectral_coordinates(pool.features, pool.classes, rng)
    cluster = _clusters(coordinates, clusters, rng)
    candidates = pool.candidates
    typicality = density(pool.features, candidates, rng)
    labelled = np.bincount(cluster[pool.labelled], minlength=clusters)
    sizes = np.bincount(cluster[candidates], minlength=clusters)
    order = [number for number in np.lexsort((-sizes, labelled)) if sizes[number]]
    ranked = []
    for number in order[:count]:
        members = np.flatnonzero(cluster[candidates] == number)
        # the densest part of a cluster may lie at its border to another class
        inward = coordinates[candidates[members]] @ coordinates[cluster == number].mean(0)
        best = members[np.lexsort((-typicality[members], inward < np.median(inward)))][:count]
        reason = f"Typical of {len(members):,} images like it"
        ranked.append(
            [Suggestion(int(candidates[place]), float(typicality[place]), reason) for place in best]
        )
    rounds = zip_longest(*ranked)  # the best of each cluster, then the second best
    return [suggestion for best in rounds for suggestion in best if suggestion is not None][:count]


def _by_entropy(pool: Pool, count: int, rng: np.random.Generator) -> list[Suggestion]:
    scores = entropy(pool.probabilities[pool.candidates])
    return _drawn(pool, scores, count, rng, lambda row: f"Unsure: {_top_two(pool, row)}")


def _by_margin(pool: Pool, count: int, rng: np.random.Generator) -> list[Suggestion]:
    scores = closeness(pool.probabilities[pool.candidates])
    return _drawn(pool, scores, count, rng, lambda row: _top_two(pool, row))


def _by_bald(pool: Pool, count: int, rng: np.random.Generator) -> list[Suggestion]:
    if len(np.unique(pool.labels[pool.labelled])) < 2:
        return _typical(pool, count, rng)
    scores = disagreement(head_votes(pool, pool.candidates, rng))
    return _drawn(pool, scores, count, rng, lambda row: f"Your labels disagree: {_top_two(pool, row)}")


def _core_set(pool: Pool, count: int, rng: np.random.Generator) -> list[Suggestion]:
    """Again and again the image that is farthest from all that is labelled or chosen.

    Greedy k-centre: Sener, Savarese, "Active learning for convolutional neural networks", 2018.
    """
    candidates = pool.candidates
    X = pool.features[candidates]
    nearest = np.full(len(X), np.inf, np.float32)
    for row in pool.labelled:
        np.minimum(nearest, _squared(X, pool.features[row]), out=nearest)
    first = [] if len(pool.labelled) else [int(_squared(X, X.mean(0)).argmin())]  # begin in the middle
    chosen: list[Suggestion] = []
    for turn in range(count):
        place = first[turn] if turn < len(first) else int(nearest.argmax())
        distance = float(np.sqrt(nearest[place])) if np.isfinite(nearest[place]) else 0.0
        chosen.append(Suggestion(int(candidates[place]), distance, "Far from everything labelled"))
        np.minimum(nearest, _squared(X, X[place]), out=nearest)
        nearest[place] = -1  # it is not chosen again
    return chosen


def _hybrid(pool: Pool, count: int, rng: np.random.Generator) -> list[Suggestion]:
    """Unsure, in a crowd, and each in a crowd of its own."""
    candidates = pool.candidates
    scores = closeness(pool.probabilities[candidates])
    short = _sample(scores, min(len(candidates), 30 * count), rng)
    rows = candidates[short]
    clusters = min(count, len(rows))
    cluster = _clusters(pool.features[rows], clusters, rng)
    worth = scores[short] * density(pool.features, rows, rng)
    chosen = []
    for number in range(clusters):
        members = np.flatnonzero(cluster == number)
        if len(members):
            place = members[int(worth[members].argmax())]
            row = int(rows[place])
            chosen.append(Suggestion(row, float(worth[place]), f"{_either(pool, row)}, like many others"))
    chosen.sort(key=lambda suggestion: -suggestion.score)
    return chosen + _fill(pool, scores, count - len(chosen), chosen, rng)


def _fill(
    pool: Pool, scores: Floats, missing: int, chosen: list[Suggestion], rng: np.random.Generator
) -> list[Suggestion]:
    """More images where clusters were empty: features may all be the same."""
    taken = {suggestion.row for suggestion in chosen}
    candidates = pool.candidates
    places = (place for place in _sample(scores, len(candidates), rng) if int(candidates[place]) not in taken)
    return [
        Suggestion(int(candidates[place]), 0.0, _top_two(pool, int(candidates[place])))
        for place, _ in zip(places, range(missing), strict=False)
    ]


def _drawn(
    pool: Pool, scores: Floats, count: int, rng: np.random.Generator, reason: Callable[[int], str]
) -> list[Suggestion]:
    candidates = pool.candidates
    places = sorted(_sample(scores, count, rng), key=lambda place: -scores[place])
    return [
        Suggestion(int(candidates[place]), float(scores[place]), reason(int(candidates[place])))
        for place in places
    ]


def _sample(scores: Floats, count: int, rng: np.random.Generator) -> Rows:
    """Places without replacement, p ∝ score^SHARPNESS: the highest of log p plus Gumbel noise."""
    perturbed = SHARPNESS * np.log(np.maximum(scores, 1e-9)) + rng.gumbel(size=len(scores))
    return np.argsort(-perturbed)[:count]


def _clusters(features: Floats, count: int, rng: np.random.Generator) -> Rows:
    """The cluster of each row `(n,)`."""
    from sklearn.cluster import MiniBatchKMeans  # seconds, which the lane of suggestions has and no page

    seed = int(rng.integers(2**31))
    means = MiniBatchKMeans(
        count, batch_size=4096, n_init=3, max_iter=30, random_state=seed, reassignment_ratio=0
    )
    result: Rows = means.fit_predict(features).astype(np.int64)
    return result


def _squared(X: Floats, row: Floats) -> Floats:
    result: Floats = np.square(X - row).sum(1)
    return result


def _either(pool: Pool, row: int) -> str:
    return " or ".join(str(place) for place in _likeliest_two(pool, row))


def _likeliest_two(pool: Pool, row: int) -> Rows:
    return np.argsort(-pool.probabilities[row])[:2]


def _top_two(pool: Pool, row: int) -> str:
    order = _likeliest_two(pool, row)
    return " or ".join(f"{place} ({100 * pool.probabilities[row, place]:.0f} %)" for place in order)


_STRATEGIES: Mapping[Strategy, Callable[[Pool, int, np.random.Generator], list[Suggestion]]] = {
    Strategy.TYPICAL: _typical,
    Strategy.ENTROPY: _by_entropy,
    Strategy.MARGIN: _by_margin,
    Strategy.BALD: _by_bald,
    Strategy.CORE_SET: _core_set,
    Strategy.HYBRID: _hybrid,
}
