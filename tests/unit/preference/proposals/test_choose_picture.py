"""Which picture of a pool comes next, by each proposer."""

import numpy as np
import pytest

from ipo.preference.proposals import choose_picture as choosing
from ipo.preference.proposals.choose_picture import POOL_PROPOSERS, SURPRISING, UNCERTAIN, choose
from ipo.preference.proposals.proposers import (
    EXPLOIT,
    LINE,
    RANDOM,
    THOMPSON,
    UCB,
    ProposalContext,
    ProposerSettings,
)
from ipo.value.gram import Gram
from ipo.value.ridge import RidgeFit
from ipo.value.ridge_model import RidgeModel

DIM = 12


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def pictures(count: int, seed: int = 0) -> np.ndarray:
    """Vectors that differ little from a common one, as those of a network do."""
    rng = np.random.default_rng(seed)
    return unit(2 + rng.standard_normal((count, DIM)))


def fitted(features: np.ndarray, labels: np.ndarray) -> RidgeFit:
    return RidgeModel(Gram()).refit(features, np.arange(len(features)), labels.astype(np.float32))


@pytest.fixture(scope="module")
def fit() -> RidgeFit:
    judged = pictures(40, seed=1)
    return fitted(judged, np.sign(judged[:, 0] - np.median(judged[:, 0])))


def chosen(
    proposer: str, features: np.ndarray, context: ProposalContext, explore: float = 0.25, seed: int = 0
) -> int:
    how = ProposerSettings(proposer, explore)
    return choose(how, features, context, np.random.default_rng(seed)).place


@pytest.mark.parametrize("proposer", POOL_PROPOSERS)
def test_without_a_model_all_are_random_and_with_one_they_say_their_name(
    proposer: str, fit: RidgeFit
) -> None:
    features, how = pictures(30), ProposerSettings(proposer)
    first = choose(how, features, ProposalContext(), np.random.default_rng(0))
    assert first.proposer == RANDOM
    context = ProposalContext(fit, fit, pending=features[:3])
    later = choose(how, features, context, np.random.default_rng(0))
    assert later.proposer == proposer and 0 <= later.place < 30
    alone = choose(how, features[:1], context, np.random.default_rng(0))
    assert alone.place == 0


def test_a_proposer_of_latents_is_refused_with_those_that_are_right(fit: RidgeFit) -> None:
    with pytest.raises(ValueError, match="uncertain"):
        chosen(LINE, pictures(3), ProposalContext(fit, fit))


def test_each_proposer_takes_the_picture_that_it_promises(fit: RidgeFit) -> None:
    features, context = pictures(100), ProposalContext(fit, fit)
    values, sds = fit.predict(features), fit.deviation(features)
    assert chosen(EXPLOIT, features, context) == np.argmax(values)
    assert chosen(SURPRISING, features, context) == np.argmax(sds)
    assert chosen(UNCERTAIN, features, context) == np.argmin(np.abs(values) / sds)
    assert chosen(UCB, features, context, explore=0.0) == np.argmax(values)
    assert chosen(UCB, features, context, explore=1.0) == np.argmax(values + 2 * sds)
    draws = {chosen(THOMPSON, features, context, explore=1.0, seed=seed) for seed in range(8)}
    assert len(draws) > 1


def test_what_waits_counts_as_seen_as_if_it_had_been_judged(fit: RidgeFit) -> None:
    """Deviations given what waits are those of a fit to it too, whatever its labels."""
    features = pictures(50)
    waits = features[:4]
    exact = choosing._covariance(fit, features, waits).diagonal()
    both = np.concatenate([fit.features, waits])
    labels = np.concatenate([fit.y, [1, -1, 1, -1]])
    again = RidgeModel(Gram()).refit(both, np.arange(len(both)), labels.astype(np.float32), 1.0)
    first = RidgeModel(Gram()).refit(fit.features, np.arange(40), fit.y, 1.0)
    expected = again.deviation(features) / np.sqrt(again.scale)
    mine = np.sqrt(choosing._covariance(first, features, waits).diagonal() / first.scale)
    assert (exact[:4] < fit.deviation(waits) ** 2).all()
    assert np.corrcoef(mine, expected)[0, 1] > 0.99


def test_a_batch_of_pictures_has_no_near_copies(fit: RidgeFit) -> None:
    features = pictures(40)
    best = int(np.argmax(fit.predict(features)))
    copies = unit(features[best] + 1e-4 * pictures(20, seed=5))
    pool = np.concatenate([features, copies])
    for proposer in (UCB, THOMPSON):
        place = chosen(proposer, pool, ProposalContext(fit, fit, pending=features[best : best + 1]))
        assert np.linalg.norm(pool[place] - features[best]) > 1e-2


def test_of_a_large_pool_the_best_pictures_are_still_found(fit: RidgeFit) -> None:
    features, context = pictures(6000), ProposalContext(fit, fit)
    values = fit.predict(features)
    assert chosen(UCB, features, context, explore=0.0) == np.argmax(values)
    assert np.abs(values[chosen(UNCERTAIN, features, context)]) < np.quantile(np.abs(values), 0.1)
    assert fit.deviation(features)[chosen(SURPRISING, features, context)] > np.quantile(
        fit.deviation(features), 0.98
    )


def test_a_taste_is_learnt_faster_than_by_chance(fit: RidgeFit) -> None:
    """Twenty pictures in, those that are shown are liked more often than the pool as a whole."""
    features = pictures(400, seed=3)
    taste = features @ np.random.default_rng(4).standard_normal(DIM)
    liked = taste > np.quantile(taste, 0.7)
    rng, left, judged = np.random.default_rng(5), list(range(400)), []
    for _ in range(60):
        labels = np.where(liked[judged], 1, -1)
        model = fitted(features[judged], labels) if len(set(labels)) == 2 else None
        choice = choose(ProposerSettings(), features[left], ProposalContext(model, model), rng)
        judged.append(left.pop(choice.place))
    assert liked[judged[20:]].mean() > 0.7
