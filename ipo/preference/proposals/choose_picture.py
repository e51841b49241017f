"""Choosing the next picture of a folder: what `propose` is for latents, over the pictures that are there.

`ucb` and `thompson` score pictures as they score latents. `uncertain` takes the picture whose sign the model
knows least, mean over standard deviation; `surprising` the one that it knows least about, which is least
like what was judged. What waits to be judged counts as seen, so that a batch is diverse (Desautels et al.,
JMLR 2014), and near copies of what was shown last come later. Deviations are computed for a part of a large
folder: the pictures that promise most, and others at random.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.preference.proposals.proposers import (
    APART,
    EXPLOIT,
    KAPPA,
    RANDOM,
    THOMPSON,
    UCB,
    ProposalContext,
    ProposerSettings,
)
from ipo.value.ridge import RidgeFit

UNCERTAIN, SURPRISING = "uncertain", "surprising"
POOL_PROPOSERS = (UCB, THOMPSON, EXPLOIT, UNCERTAIN, SURPRISING, RANDOM)

SCORED = 1024  # pictures whose deviations are computed
SHORTLIST = 128  # of them, those that are looked at beside what waits
_SPREAD_OF = 256  # pictures that tell how far apart two of them are

Features = NDArray[np.float32]


@dataclass(frozen=True)
class Choice:
    """A picture by its place among the features, and the parameters that led to it."""

    place: int
    proposer: str
    parameters: dict[str, Any] = field(default_factory=dict)


def choose(
    how: ProposerSettings, features: Features, context: ProposalContext, rng: np.random.Generator
) -> Choice:
    """The next of the pictures `(n, d)`, of which there is one at least.

    Without a fitted model every proposer is `random`, and says so. Raises `ValueError` for an unknown
    proposer.
    """
    if how.proposer not in POOL_PROPOSERS:
        right = ", ".join(POOL_PROPOSERS)
        raise ValueError(f"There is no proposer {how.proposer!r} of pictures; {right} are there.")
    model, belief = context.model or context.belief, context.belief
    if how.proposer == RANDOM or model is None:
        return Choice(int(rng.integers(len(features))), RANDOM)
    values = model.predict(features).astype(np.float64)
    if belief is None or how.proposer == EXPLOIT:
        return Choice(int(np.argmax(values)), EXPLOIT, {"pictures": len(features)})
    places = _promising(how.proposer, values, rng)
    places = places[_shortlist(how, values[places], _deviations(belief, features[places]))]
    scores = _scores(how, values[places], features[places], belief, context, rng)
    if how.proposer in (UCB, THOMPSON):
        scores = _apart(how.explore, scores, features[places], features, context, rng)
    parameters: dict[str, Any] = {"pictures": len(features)}
    if how.proposer in (UCB, THOMPSON):
        parameters["explore"] = how.explore
    return Choice(int(places[np.argmax(scores)]), how.proposer, parameters)


def _promising(proposer: str, values: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.intp]:
    """Places of at most `SCORED` pictures: one half by value, where that tells, the rest at random."""
    if len(values) <= SCORED:
        return np.arange(len(values))
    order = np.argsort(np.abs(values) if proposer == UNCERTAIN else -values)
    first = order[: 0 if proposer == SURPRISING else SCORED // 2]
    others = rng.choice(order[len(first) :], SCORED - len(first), replace=False)
    return np.concatenate([first, others])


def _deviations(belief: RidgeFit, features: Features) -> NDArray[np.float64]:
    return np.maximum(belief.deviation(features).astype(np.float64), 1e-9)


def _shortlist(
    how: ProposerSettings, values: NDArray[np.float64], sds: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Which of them to look at closely, before it is known what waits."""
    spread = max(KAPPA * how.explore, 1.0) if how.proposer == THOMPSON else KAPPA * how.explore
    score = {
        UNCERTAIN: -np.abs(values) / sds,
        SURPRISING: sds,
    }.get(how.proposer, values + spread * sds)
    return np.argsort(-score, kind="stable")[:SHORTLIST]


def _scores(
    how: ProposerSettings,
    values: NDArray[np.float64],
    features: Features,
    belief: RidgeFit,
    context: ProposalContext,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """The score of each picture `(s,)`, once what waits is judged, whatever is said of it."""
    covariance = _covariance(belief, features, context.pending)
    sds = np.sqrt(np.maximum(covariance.diagonal(), 1e-18))
    if how.proposer == UNCERTAIN:
        return np.asarray(-np.abs(values) / sds, np.float64)
    if how.proposer == SURPRISING:
        return sds
    if how.proposer == THOMPSON:
        zero = np.zeros(len(values))
        drawn = rng.multivariate_normal(zero, covariance, method="eigh", check_valid="ignore")
        return np.asarray(values + KAPPA * how.explore * drawn, np.float64)
    return np.asarray(values + KAPPA * how.explore * sds, np.float64)


def _covariance(belief: RidgeFit, features: Features, pending: Features | None) -> NDArray[np.float64]:
    """Of the values of pictures `(s, s)`, once what waits has labels, whatever these are."""
    seen = features if pending is None else np.concatenate([features, pending])
    return belief.posterior(seen).once_labelled(len(features)).covariance


def _apart(
    explore: float,
    scores: NDArray[np.float64],
    features: Features,
    everything: Features,
    context: ProposalContext,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Scores, −∞ for what lies too near to what waits or was shown last; where all do, how far they are."""
    near = [some for some in (context.pending, context.shown) if some is not None]
    if not near:
        return scores
    some = everything[rng.permutation(len(everything))[:_SPREAD_OF]]
    others = _squares(some, some)[np.triu_indices(len(some), 1)]
    usual = float(np.sqrt(np.median(others))) if len(others) else 0.0
    distance = np.sqrt(_squares(features, np.concatenate(near)).min(1))
    far = distance >= usual * np.interp(explore, (0, 1), APART)
    return np.where(far, scores, -np.inf) if far.any() else distance


def _squares(a: Features, b: Features) -> NDArray[np.float64]:
    """Squared distances between rows `(n, d)` and `(m, d)`: `(n, m)`."""
    inner = (a @ b.T).astype(np.float64)
    square = np.square(a).sum(1)[:, None] + np.square(b).sum(1) - 2 * inner
    return np.asarray(np.maximum(square, 0), np.float64)
