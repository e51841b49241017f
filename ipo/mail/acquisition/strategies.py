"""What to label next: which of the unlabelled mails teach a filter most, and why each of them.

While there are few labels, what is typical of a cluster teaches most (TypiClust: Hacohen, Dekel, Weinshall,
"Active learning on a budget", 2022, arXiv 2202.02794). Then it is what lies near the threshold, one mail of
each kind: a batch of the nearest ones would be the same mail over and over.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sklearn.cluster import MiniBatchKMeans

from ipo.mail.acquisition.pool import Floats, MailPool, Rows
from ipo.mail.embedding.protocol import Vectors
from ipo.mail.mails import SAFE, SPAM

FEW_LABELS, FEW_EACH = 40, 8  # below, `TYPICAL` is the default
MAX_CLUSTERS = 300
_NEIGHBOURS = 20  # whose mean similarity says how dense it is around a mail
_SAMPLE = 1_000  # of all mails, among which neighbours are looked for
_SHORT_LIST = 8  # times as many as are asked for


class Strategy(StrEnum):
    """How unlabelled mails are ranked."""

    TYPICAL = "typical"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Suggestion:
    """A mail to label next."""

    row: int
    reason: str


def default_strategy(pool: MailPool) -> tuple[Strategy, str]:
    """What suits the labels there are, and why, in a sentence."""
    counts = [int((pool.labels == label).sum()) for label in (SAFE, SPAM)]
    if not sum(counts):
        return Strategy.TYPICAL, "Nothing is labelled yet: what is typical of many mails comes first."
    if sum(counts) < FEW_LABELS or min(counts) < FEW_EACH:
        return Strategy.TYPICAL, "There are few labels: what is typical of mails unlike them teaches most."
    if pool.margins is None:
        return Strategy.TYPICAL, "No filter is trained yet: what is typical of mails unlike those labelled."
    return Strategy.UNCERTAIN, "What the filter is least sure of teaches most, one mail of each kind."


def suggest(strategy: Strategy, pool: MailPool, count: int, rng: np.random.Generator) -> list[Suggestion]:
    """Up to `count` mails, the first one first; the same for the same generator.

    Without a model every strategy is `TYPICAL`.
    """
    count = min(count, len(pool.candidates))
    if count < 1:
        return []
    if strategy == Strategy.TYPICAL or pool.margins is None:
        return _typical(pool, count, rng)
    return _uncertain(pool, pool.margins, count, rng)


def _typical(pool: MailPool, count: int, rng: np.random.Generator) -> list[Suggestion]:
    """The densest mail of each cluster: clusters with fewest labels first, of these the largest."""
    candidates = pool.candidates
    clusters = int(np.clip(len(pool.labelled) + count, 1, min(MAX_CLUSTERS, len(pool.vectors))))
    cluster = _clusters(pool.vectors, clusters, rng)
    dense = _density(pool.vectors, candidates, rng)
    labelled = np.bincount(cluster[pool.labelled], minlength=clusters)
    sizes = np.bincount(cluster[candidates], minlength=clusters)
    place_in_cluster = np.empty(len(candidates), np.int64)
    for number in range(clusters):
        members = np.flatnonzero(cluster[candidates] == number)
        place_in_cluster[members[np.argsort(-dense[members], kind="stable")]] = np.arange(len(members))
    own = cluster[candidates]
    order = np.lexsort((-sizes[own], labelled[own], place_in_cluster))[:count]
    return [Suggestion(int(candidates[place]), _reason(int(sizes[own[place]]))) for place in order]


def _reason(alike: int) -> str:
    return f"typical of {alike:,} mails like it" if alike > 1 else "like no other mail"


def _uncertain(pool: MailPool, margins: Floats, count: int, rng: np.random.Generator) -> list[Suggestion]:
    """The nearest to the threshold in each of `count` clusters of those that are near it."""
    candidates = pool.candidates
    distance = np.abs(margins[candidates])
    near = np.argsort(distance, kind="stable")[: _SHORT_LIST * count]
    cluster = _clusters(pool.vectors[candidates[near]], count, rng)
    first = {number: place for place, number in reversed(list(enumerate(cluster.tolist())))}
    chosen = sorted(first.values())
    chosen += [place for place in range(len(near)) if place not in set(chosen)][: count - len(chosen)]
    rows = candidates[near[sorted(chosen)]]
    return [Suggestion(int(row), _doubt(float(margins[row]))) for row in rows]


def _doubt(margin: float) -> str:
    return f"near the threshold, on the side of {'spam' if margin >= 0 else 'safe'}"


def _density(vectors: Vectors, rows: Rows, rng: np.random.Generator) -> Floats:
    """Mean cosine of rows with their nearest neighbours in a sample of all rows `(len(rows),)`."""
    sample = np.sort(rng.choice(len(vectors), min(_SAMPLE, len(vectors)), replace=False))
    similar = vectors[rows] @ vectors[sample].T
    similar[rows[:, None] == sample] = -1  # nobody is a neighbour of itself
    neighbours = min(_NEIGHBOURS, len(sample))
    return np.asarray(np.partition(similar, -neighbours, axis=1)[:, -neighbours:].mean(1), np.float64)


def _clusters(vectors: Vectors, count: int, rng: np.random.Generator) -> Rows:
    """The cluster of each row `(n,)`."""
    seed = int(rng.integers(2**31))
    count = min(count, len(vectors))
    means = MiniBatchKMeans(count, batch_size=2048, n_init=2, max_iter=20, random_state=seed)
    return np.asarray(means.fit_predict(vectors), np.int64)
