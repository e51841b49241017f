"""Every candidate has a score by each strategy, and what is no candidate has none."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from ipo.digits.acquisition.candidate_scores import score_bytes, score_candidates
from ipo.digits.acquisition.density import NEIGHBOURS, density
from ipo.digits.acquisition.pool import Pool
from ipo.digits.acquisition.strategies import Strategy
from ipo.digits.labels.store import NONE
from ipo.digits.spectral import unit_rows


def pool(count: int = 300) -> Pool:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(10), count).astype(np.float32)
    labels = np.full(count, NONE, np.int8)
    labels[:20] = np.arange(20) % 10
    allowed = np.ones(count, bool)
    allowed[20:40] = False
    return Pool(unit_rows(rng.normal(size=(count, 6))), probabilities, labels, allowed)


@pytest.mark.parametrize("strategy", Strategy)
@pytest.mark.parametrize("labels", ["some", "none", "of one class"])
def test_candidates_have_scores_and_others_have_none(strategy: Strategy, labels: str) -> None:
    some = pool()
    if labels != "some":
        values = np.where(some.labels == NONE, NONE, NONE if labels == "none" else 3).astype(np.int8)
        some = replace(some, labels=values)
    scores = score_candidates(strategy, some, np.random.default_rng(0))
    result = score_bytes(some, scores)
    assert scores.shape == some.candidates.shape and np.isfinite(scores).all()
    assert (result[some.candidates] > 0).all() and not np.delete(result, some.candidates).any()
    assert result[some.candidates[scores.argmax()]] == 255 == result.max()


def test_images_that_are_all_the_same_have_scores() -> None:
    same = replace(pool(), features=np.ones((300, 6), np.float32) / np.sqrt(6))
    for strategy in Strategy:
        scores = score_candidates(strategy, same, np.random.default_rng(0))
        assert (score_bytes(same, scores)[same.candidates] > 0).all()


def test_without_candidates_there_are_no_scores() -> None:
    full = replace(pool(), labels=np.zeros(300, np.int8))
    scores = score_candidates(Strategy.HYBRID, full, np.random.default_rng(0))
    assert not score_bytes(full, scores).any()


def test_density_of_a_small_set_is_that_of_all_its_neighbours() -> None:
    features = pool().features
    distances, _ = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(features).kneighbors(features)
    found = density(features, np.arange(300), np.random.default_rng(0))
    assert np.allclose(found, 1 / distances[:, 1:].mean(1), rtol=1e-3)
