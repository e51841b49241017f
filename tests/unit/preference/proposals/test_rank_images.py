"""Promises of ranking by looks: what promises most is shown, as the proposer weighs news."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ipo.preference.latents import features, prior
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
    propose_several,
)
from ipo.preference.proposals.rank_images import best_looking
from ipo.value.gram import Gram
from ipo.value.ridge_model import RidgeModel
from ipo.value.two_kernels import EMBEDDING, TwoKernelFit, fit_two_kernels
from tests.support.fits import a_belief

SHAPE, DIM = (4, 8, 8), 6
BELIEF = a_belief(256)
CONTEXT = ProposalContext(BELIEF, BELIEF)


def looks(n: int, seed: int = 0) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed).standard_normal((n, DIM))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def a_taste() -> TwoKernelFit:
    """Of images whose first number is large, whatever their latents."""
    rng, seen, model = np.random.default_rng(2), looks(60), RidgeModel(Gram())
    z = np.stack([prior(SHAPE, rng) for _ in range(60)])
    latent = model.refit(features(z), np.arange(60), np.where(seen[:, 0] > 0, 1, -1).astype(np.float32))
    fit = fit_two_kernels(latent, model.gram, seen[latent.places], EMBEDDING)
    assert fit is not None
    return fit


TASTE = a_taste()


def proposals(how: ProposerSettings, count: int = 8) -> list[ProposedLatent]:
    return propose_several(how, SHAPE, CONTEXT, np.random.default_rng(4), count)


def test_the_first_of_several_proposals_is_the_one_that_is_made_alone() -> None:
    for proposer in PROPOSERS:
        how = ProposerSettings(proposer)
        several = proposals(how)
        alone = propose(how, SHAPE, CONTEXT, np.random.default_rng(4))
        assert np.array_equal(several[0].z, alone.z) and several[0].parameters == alone.parameters
        if proposer not in (LINE, RANDOM):
            assert len(several) == 8
            assert len({one.z.tobytes() for one in several}) == 8


def test_exploiting_shows_what_is_valued_most() -> None:
    how, seen = ProposerSettings(EXPLOIT), looks(8, 5)
    place = best_looking(how, proposals(how), seen, TASTE, np.random.default_rng(0))
    values = TASTE.predict(features(np.stack([one.z for one in proposals(how)])), seen)
    assert place == np.argmax(values) and abs(place - np.argmax(seen[:, 0])) == 0


@pytest.mark.parametrize("proposer", [UCB, THOMPSON])
def test_without_exploring_the_same_is_shown_and_exploring_shows_what_is_news(proposer: str) -> None:
    known = looks(8, 5) * np.float32(0.01)  # all much alike
    known[3] += np.float32(0.3) * TASTE.w_embedding / np.linalg.norm(TASTE.w_embedding)
    far = known.copy()
    far[6] = -5 * looks(1, 9)  # unlike anything that was seen
    rng = np.random.default_rng(0)
    some = proposals(ProposerSettings(proposer))
    assert best_looking(ProposerSettings(proposer, explore=0.0), some, known, TASTE, rng) == 3
    chosen = {best_looking(ProposerSettings(proposer, explore=1.0), some, far, TASTE, rng) for _ in range(20)}
    assert 6 in chosen
