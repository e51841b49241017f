"""Every strategy suggests images that may be suggested, each once, the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ipo.digits.acquisition.pool import Pool
from ipo.digits.acquisition.strategies import Strategy, default_strategy, suggest
from ipo.digits.labels.store import NONE
from ipo.digits.spectral import unit_rows

CLASSES = 4


def blobs(n: int = 200, labelled: int = 0, seed: int = 0, spread: float = 0.2) -> tuple[Pool, np.ndarray]:
    """Four clusters of one class each, and what they show."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % CLASSES
    centres = np.eye(CLASSES, 8) * 3
    features = unit_rows(centres[truth] + spread * rng.standard_normal((n, 8)))
    probabilities = rng.dirichlet(np.ones(CLASSES), n).astype(np.float32)
    labels = np.full(n, NONE, np.int8)
    labels[:labelled] = truth[:labelled]
    return Pool(features, probabilities, labels, np.ones(n, bool)), truth


@pytest.mark.parametrize("strategy", Strategy)
@settings(max_examples=15, deadline=None)
@given(
    n=some.integers(1, 60),
    labelled=some.integers(0, 20),
    count=some.integers(0, 70),
    seed=some.integers(0, 5),
    data=some.data(),
)
def test_only_what_may_be_suggested_and_each_once(strategy, n, labelled, count, seed, data) -> None:
    pool, _ = blobs(n, min(labelled, n), seed)
    forbidden = data.draw(some.sets(some.integers(0, n - 1)))
    pool.allowed[sorted(forbidden)] = False
    rows = [found.row for found in suggest(strategy, pool, count, np.random.default_rng(seed))]
    assert len(rows) == len(set(rows)) == min(count, len(pool.candidates))
    assert set(rows) <= set(pool.candidates.tolist())
    again = [found.row for found in suggest(strategy, pool, count, np.random.default_rng(seed))]
    assert rows == again


@pytest.mark.parametrize("strategy", Strategy)
def test_features_that_are_all_the_same_or_not_finite_still_give_images(strategy) -> None:
    features = np.full((30, 3), np.nan, np.float32)
    pool = Pool(
        unit_rows(features), np.full((30, 2), 0.5, np.float32), np.full(30, NONE, np.int8), np.ones(30, bool)
    )
    pool.labels[:4] = [0, 1, 0, 1]
    assert len(suggest(strategy, pool, 5, np.random.default_rng(0))) == 5


def test_typical_images_come_from_every_cluster_before_any_comes_twice() -> None:
    pool, truth = blobs()
    rows = [found.row for found in suggest(Strategy.TYPICAL, pool, CLASSES, np.random.default_rng(0))]
    assert sorted(truth[rows]) == list(range(CLASSES))


def test_clusters_with_labels_wait() -> None:
    pool, truth = blobs()
    pool.labels[0] = truth[0]
    rows = [found.row for found in suggest(Strategy.TYPICAL, pool, CLASSES - 1, np.random.default_rng(0))]
    assert sorted({*truth[rows], truth[0]}) == list(range(CLASSES))


def test_core_set_takes_the_cluster_that_is_farthest_from_labels() -> None:
    pool, truth = blobs()
    pool.labels[truth < 3] = truth[truth < 3]
    (found,) = suggest(Strategy.CORE_SET, pool, 1, np.random.default_rng(0))
    assert truth[found.row] == 3


def test_a_hybrid_batch_of_a_pool_that_repeats_itself_does_not_repeat_itself() -> None:
    pool, _ = blobs(40, labelled=8)
    five = Pool(
        np.tile(pool.features, (5, 1)),
        np.tile(pool.probabilities, (5, 1)),
        np.tile(pool.labels, 5),
        np.tile(pool.allowed, 5),
    )
    rows = [found.row % 40 for found in suggest(Strategy.HYBRID, five, 8, np.random.default_rng(0))]
    assert len(set(rows)) == len(rows)


def test_typical_until_every_class_is_known_then_hybrid() -> None:
    labels = np.full(100, NONE, np.int8)
    assert default_strategy(labels, CLASSES)[0] == Strategy.TYPICAL
    labels[:50] = 1
    strategy, why = default_strategy(labels, CLASSES)
    assert strategy == Strategy.TYPICAL and "3 classes have no label" in why
    labels[:40] = np.arange(40) % CLASSES
    assert default_strategy(labels, CLASSES)[0] == Strategy.HYBRID
