"""Promises of proposers: on the shell, better than chance with a model, and honest about what they did."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ipo.preference.latents import Latent, anchor, bands, features, prior
from ipo.preference.proposals.proposers import (
    EXPLOIT,
    LINE,
    PROPOSERS,
    RANDOM,
    THOMPSON,
    UCB,
    ProposalContext,
    ProposedLatent,
    ProposerSettings,
    propose,
    traverse,
)
from ipo.value.ridge import RidgeFit
from tests.support.fits import a_belief, ridge_of

SHAPE = (4, 8, 8)
D = 256
BELIEF = a_belief(D)
ANCHOR = anchor("moss", SHAPE)


def a_sure_belief() -> RidgeFit:
    """A fit to a taste for the mean of the first channel, without an error in the labels."""
    rng = np.random.default_rng(4)
    draws = np.stack([prior(SHAPE, rng) for _ in range(200)])
    return ridge_of(features(draws), np.sign(draws[:, 0].mean((1, 2))), None)


SURE = a_sure_belief()
SURE_GUIDE = ProposalContext(SURE, SURE, ANCHOR)
GUIDE = ProposalContext(BELIEF, BELIEF, ANCHOR)
LEARNERS = (UCB, THOMPSON, EXPLOIT)


class Opposite:
    """Values that fall where the belief says that they rise."""

    def predict(self, X: NDArray[np.float32], /) -> NDArray[np.float32]:
        return -BELIEF.predict(X)


def many(how: ProposerSettings, guide: ProposalContext = GUIDE, count: int = 60) -> NDArray[np.float32]:
    """The values of many proposals."""
    rng = np.random.default_rng(1)
    return BELIEF.predict(features(np.stack([propose(how, SHAPE, guide, rng).z for _ in range(count)])))


@given(
    proposer=st.sampled_from(PROPOSERS),
    seed=st.integers(0, 2**32),
    explore=st.floats(0, 1),
    guide=st.sampled_from(
        [ProposalContext(), ProposalContext(Opposite()), ProposalContext(BELIEF, BELIEF), GUIDE]
    ),
)
def test_every_proposal_lies_on_the_shell(
    proposer: str, seed: int, explore: float, guide: ProposalContext
) -> None:
    proposed = propose(ProposerSettings(proposer, explore), SHAPE, guide, np.random.default_rng(seed))
    assert proposed.z.shape == SHAPE and proposed.z.dtype == np.float32
    assert np.linalg.norm(proposed.z) == pytest.approx(np.sqrt(D), rel=1e-5)


@pytest.mark.parametrize("proposer", LEARNERS)
def test_no_scale_of_a_proposal_is_stronger_than_a_prior_draw_may_be(proposer: str) -> None:
    """A direction that is all coarse must not push the coarse scale out of what the decoder ever sees."""
    rng = np.random.default_rng(2)
    proposals = np.stack([propose(ProposerSettings(proposer), SHAPE, GUIDE, rng).z for _ in range(40)])
    draws = np.stack([prior(SHAPE, rng) for _ in range(2000)])
    longest, usual = (np.linalg.norm(bands(z).reshape(4, len(z), -1), axis=2) for z in (proposals, draws))
    assert (longest.max(1) <= 1.15 * usual.max(1)).all()


@pytest.mark.parametrize("proposer", LEARNERS)
def test_proposals_have_higher_values_than_chance(proposer: str) -> None:
    by_chance = many(ProposerSettings(RANDOM))
    assert many(ProposerSettings(proposer)).mean() > by_chance.mean() + 1.5 * by_chance.std()


def test_exploit_raises_the_value_more_with_a_larger_angle() -> None:
    small, large = (many(ProposerSettings(EXPLOIT, theta=theta)).mean() for theta in (0.1, 0.9))
    assert small < large


def one_by_one(how: ProposerSettings, guide: ProposalContext, count: int) -> NDArray[np.float32]:
    """Features `(count, d)` of proposals, each made when those before were shown."""
    rng = np.random.default_rng(5)
    shown: list[NDArray[np.float32]] = []
    for _ in range(count):
        last = np.stack(shown[-10:]) if shown else None
        shown.append(features(propose(how, SHAPE, replace(guide, shown=last), rng).z[None])[0])
    return np.stack(shown)


@pytest.mark.parametrize("proposer", [UCB, THOMPSON])
def test_the_slider_trades_value_for_uncertainty(proposer: str) -> None:
    known, unknown = (one_by_one(ProposerSettings(proposer, explore), GUIDE, 40) for explore in (0.0, 1.0))
    assert BELIEF.predict(known).mean() > BELIEF.predict(unknown).mean()
    assert BELIEF.deviation(known).mean() < BELIEF.deviation(unknown).mean()


def test_a_batch_is_diverse_because_what_waits_counts_as_seen() -> None:
    def batch(diverse: bool) -> Latent:
        rng, chosen = np.random.default_rng(3), []
        for _ in range(8):
            pending = features(np.stack(chosen)) if chosen and diverse else None
            chosen.append(propose(ProposerSettings(UCB, 1.0), SHAPE, replace(GUIDE, pending=pending), rng).z)
        return np.stack(chosen)

    def spread(batch: Latent) -> float:
        """Volume that the batch spans, as the model sees it."""
        read = features(batch).astype(np.float64)
        return float(np.linalg.slogdet(read @ read.T + 1e-3 * np.eye(len(read)))[1])

    assert spread(batch(diverse=True)) > spread(batch(diverse=False))


@pytest.mark.parametrize("proposer", [UCB, THOMPSON])
def test_nothing_is_proposed_that_resembles_what_was_shown_last(proposer: str) -> None:
    """However sure the model is, which here knows a single direction and always says Good."""
    for explore, least in ((0.0, 0.4), (ProposerSettings().explore, 0.5), (1.0, 0.8)):
        read = one_by_one(ProposerSettings(proposer, explore), SURE_GUIDE, 25)[-10:].astype(np.float64)
        apart = np.linalg.norm(read[:, None] - read, axis=2)[np.triu_indices(10, 1)] / np.sqrt(2)
        assert apart.min() >= least - 1e-6


def test_thompson_follows_the_belief_as_often_as_it_is_sure() -> None:
    """With a belief that is sure one guess at the taste is like any other; else they differ."""
    rng = np.random.default_rng(0)
    X = (rng.standard_normal((400, D)) / np.sqrt(D)).astype(np.float32)
    taste = rng.standard_normal(D).astype(np.float32)
    sure, unsure = (ridge_of(X[:n], np.sign(X[:n] @ taste), 0.01) for n in (400, 6))

    def agreement(belief: object) -> float:
        guide = ProposalContext(belief, belief, ANCHOR)  # type: ignore[arg-type]
        z = np.stack([propose(ProposerSettings(THOMPSON, 0.5), SHAPE, guide, rng).z for _ in range(24)])
        read = features(z).astype(np.float64)
        read /= np.linalg.norm(read, axis=1, keepdims=True)
        return float((read @ read.T).mean())

    assert agreement(sure) > agreement(unsure)


def test_values_of_another_model_are_followed_where_it_is_the_one_in_use() -> None:
    by_chance = many(ProposerSettings(RANDOM))
    assert (
        many(ProposerSettings(UCB, 0.0), replace(GUIDE, model=Opposite())).mean()
        < by_chance.mean() - by_chance.std()
    )


def test_exploit_without_a_direction_shows_the_best_draw() -> None:
    for proposer in LEARNERS:
        guide = ProposalContext(Opposite())
        proposed = propose(ProposerSettings(proposer), SHAPE, guide, np.random.default_rng(0))
        assert (proposed.proposer, proposed.parameters) == (EXPLOIT, {"theta": 0.0, "draws": 16})
        by_chance = many(ProposerSettings(RANDOM))
        assert many(ProposerSettings(proposer), guide).mean() < by_chance.mean() - by_chance.std()


def test_line_walks_from_the_anchor_along_the_direction_of_rising_value() -> None:
    rng = np.random.default_rng(0)
    proposals = [propose(ProposerSettings(LINE), SHAPE, GUIDE, rng) for _ in range(40)]
    proposals.sort(key=lambda proposed: proposed.parameters["theta"])
    values = BELIEF.predict(features(np.stack([proposed.z for proposed in proposals])))
    assert (np.diff(values) > 0).all()
    thetas = [proposed.parameters["theta"] for proposed in proposals]
    assert thetas[0] < -0.9 and thetas[-1] > 0.9


def test_a_proposal_says_how_it_came_about() -> None:
    rng = np.random.default_rng(0)
    exploited = propose(ProposerSettings(EXPLOIT, theta=0.4), SHAPE, GUIDE, rng)
    assert (exploited.proposer, exploited.parameters) == (EXPLOIT, {"theta": 0.4, "draws": 16})
    drawn = propose(ProposerSettings(RANDOM), SHAPE, GUIDE, rng)
    assert (drawn.proposer, drawn.parameters) == (RANDOM, {})
    for proposer in (UCB, THOMPSON):
        scored = propose(ProposerSettings(proposer, 0.5), SHAPE, GUIDE, rng)
        assert scored.proposer == proposer
        assert 0 <= scored.parameters["theta"] <= 1.5
        assert (scored.parameters["explore"], scored.parameters["proposals"]) == (0.5, 256)


@pytest.mark.parametrize("proposer", PROPOSERS)
def test_without_a_model_every_proposer_draws_at_random_and_says_so(proposer: str) -> None:
    def draw(proposer: str) -> ProposedLatent:
        return propose(
            ProposerSettings(proposer), SHAPE, ProposalContext(anchor=ANCHOR), np.random.default_rng(4)
        )

    assert (draw(proposer).proposer, draw(proposer).parameters) == (RANDOM, {})
    assert np.array_equal(draw(proposer).z, draw(RANDOM).z)


@pytest.mark.parametrize("proposer", PROPOSERS)
def test_the_generator_decides_the_proposal(proposer: str) -> None:
    def draw(seed: int) -> Latent:
        return propose(ProposerSettings(proposer), SHAPE, GUIDE, np.random.default_rng(seed)).z

    assert np.array_equal(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))


@pytest.mark.parametrize("guide", [GUIDE, ProposalContext()])
def test_an_unknown_proposer_is_named_with_those_that_are_there(guide: ProposalContext) -> None:
    says = "There is no proposer 'bold'; ucb, thompson, exploit, line, random are there."
    with pytest.raises(ValueError, match=re.escape(says)):
        propose(ProposerSettings("bold"), SHAPE, guide, np.random.default_rng(0))


def test_the_strip_runs_through_the_anchor_and_its_value_rises() -> None:
    line = traverse(ANCHOR, BELIEF, np.linspace(-1.2, 1.2, 9))
    assert line.shape == (9, *SHAPE)
    assert np.allclose(np.linalg.norm(line.reshape(9, -1), axis=1), np.sqrt(D), rtol=1e-5)
    assert np.allclose(line[4], ANCHOR, atol=1e-5)
    assert (np.diff(BELIEF.predict(features(line))) > 0).all()
