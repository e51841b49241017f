"""Promises of proposers: on the shell, better than chance with a model, and honest about what they did."""

import re
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ipo.preference.latents import anchor, features
from ipo.preference.proposals import EXPLOIT, PROPOSERS, RANDOM, Guide, Proposed, propose, strip

SHAPE = (4, 8, 8)
D = 256


@dataclass(frozen=True)
class Linear:
    """A value that rises along one direction."""

    w: NDArray[np.float32]

    def predict(self, X: NDArray[np.float32], /) -> NDArray[np.float32]:
        return np.asarray(X @ self.w, np.float32)


W = np.random.default_rng(99).standard_normal(D).astype(np.float32)
MODEL = Linear(W)


def many(proposer: str, guide: Guide, theta: float = 0.6, count: int = 60) -> NDArray[np.float32]:
    """The values of many proposals."""
    rng = np.random.default_rng(1)
    latents = np.stack([propose(proposer, SHAPE, guide, rng, theta=theta).z for _ in range(count)])
    return MODEL.predict(features(latents))


@given(
    proposer=st.sampled_from(PROPOSERS),
    seed=st.integers(0, 2**32),
    theta=st.floats(-1.5, 1.5),
    guide=st.sampled_from([Guide(), Guide(MODEL), Guide(MODEL, W)]),
)
def test_every_proposal_lies_on_the_shell(proposer: str, seed: int, theta: float, guide: Guide) -> None:
    proposed = propose(proposer, SHAPE, guide, np.random.default_rng(seed), theta=theta)
    assert proposed.z.shape == SHAPE and proposed.z.dtype == np.float32
    assert np.linalg.norm(proposed.z) == pytest.approx(np.sqrt(D), rel=1e-5)


def test_exploit_raises_the_value_and_more_with_a_larger_angle() -> None:
    by_chance = many(RANDOM, Guide(MODEL, W))
    best_draw, small, large = (many(EXPLOIT, Guide(MODEL, W), theta).mean() for theta in (0.0, 0.3, 0.9))
    assert abs(by_chance.mean()) < 3 * by_chance.std() / np.sqrt(60)
    assert best_draw > by_chance.mean() + by_chance.std()  # the best of 16 draws lies 1.8 sd up
    assert best_draw < small < large


def test_exploit_without_a_direction_shows_the_best_draw() -> None:
    for direction in (None, np.zeros(D, np.float32)):
        values = many(EXPLOIT, Guide(MODEL, direction))
        assert values.mean() > many(RANDOM, Guide(MODEL)).mean() + values.std()
        proposed = propose(EXPLOIT, SHAPE, Guide(MODEL, direction), np.random.default_rng(0))
        assert (proposed.proposer, proposed.parameters) == (EXPLOIT, {"theta": 0.0, "draws": 16})


def test_a_proposal_says_how_it_came_about() -> None:
    guide, rng = Guide(MODEL, W), np.random.default_rng(0)
    exploited = propose(EXPLOIT, SHAPE, guide, rng, theta=0.4, draws=3)
    assert (exploited.proposer, exploited.parameters) == (EXPLOIT, {"theta": 0.4, "draws": 3})
    drawn = propose(RANDOM, SHAPE, guide, rng)
    assert (drawn.proposer, drawn.parameters) == (RANDOM, {})


@pytest.mark.parametrize("proposer", PROPOSERS)
def test_without_a_model_every_proposer_draws_at_random_and_says_so(proposer: str) -> None:
    def draw(proposer: str) -> Proposed:
        return propose(proposer, SHAPE, Guide(direction=W), np.random.default_rng(4))

    assert (draw(proposer).proposer, draw(proposer).parameters) == (RANDOM, {})
    assert np.array_equal(draw(proposer).z, draw(RANDOM).z)


@pytest.mark.parametrize("proposer", PROPOSERS)
def test_the_generator_decides_the_proposal(proposer: str) -> None:
    def draw(seed: int) -> NDArray[np.float32]:
        return propose(proposer, SHAPE, Guide(MODEL, W), np.random.default_rng(seed)).z

    assert np.array_equal(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))


@pytest.mark.parametrize("guide", [Guide(MODEL, W), Guide()])
def test_an_unknown_proposer_is_named_with_those_that_are_there(guide: Guide) -> None:
    with pytest.raises(
        ValueError, match=re.escape("There is no proposer 'bold'; exploit, random are there.")
    ):
        propose("bold", SHAPE, guide, np.random.default_rng(0))


def test_the_strip_runs_through_the_anchor_and_its_value_rises() -> None:
    z = anchor("moss", SHAPE)
    line = strip(z, W, np.linspace(-1.2, 1.2, 9))
    assert line.shape == (9, *SHAPE)
    assert np.allclose(np.linalg.norm(line.reshape(9, -1), axis=1), np.sqrt(D), rtol=1e-5)
    assert np.allclose(line[4], z, atol=1e-5)
    assert (np.diff(MODEL.predict(features(line))) > 0).all()
