"""Learning curves, calibration and intervals: each equals what refitting, or a textbook, says."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits

from ipo.cores import numeric_threads
from ipo.jobs import SILENT, Cancelled
from ipo.proportions import wilson
from ipo.value.curves import (
    LEAST,
    REPEATS,
    calibration,
    curve_sizes,
    enough_for_curve,
    learning_curve,
    predicted,
    split,
)
from ipo.value.gram import centred, gram
from ipo.value.lambda_path import PATH
from tests.support.sessions import Impatient


@pytest.fixture(autouse=True)
def one_core_stays_free() -> Iterator[None]:
    """As in the app; small products on more threads wait for each other."""
    with threadpool_limits(numeric_threads()):
        yield


def labelled(n: int = 60, d: int = 400, seed: int = 3) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Rows off the origin, labelled by one direction with noise."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)).astype(np.float32) / np.float32(np.sqrt(d)) + np.float32(0.02)
    leaning = X @ rng.standard_normal(d) + 0.3 * rng.standard_normal(n)
    return X, np.where(leaning > np.quantile(leaning, 0.4), 1, -1).astype(np.float32)


def refitted(
    X: NDArray[np.float32], y: NDArray[np.float32], train: NDArray[np.intp], relative: float
) -> Ridge:
    """scikit-learn's Ridge on the rows `train`, λ relative to the mean squared norm of the centred rows."""
    own = X[train].astype(np.float64)
    alpha = relative * np.mean(((own - own.mean(0)) ** 2).sum(1))
    return Ridge(alpha=alpha).fit(own, y[train])


@pytest.mark.parametrize("relative", [0.01, 0.3, 10.0])
def test_a_point_of_the_curve_equals_refitting_scikit_learn_on_the_same_subset(relative: float) -> None:
    X, y = labelled()
    parts = split(y, curve_sizes(len(y)).tolist(), np.random.default_rng(0))
    for train in parts.training:
        expected = refitted(X, y, train, relative).predict(X[parts.test])
        np.testing.assert_allclose(predicted(gram(X), y, train, parts.test, relative), expected, atol=1e-3)


def test_a_chosen_lambda_is_the_one_that_refitting_without_each_row_in_turn_prefers() -> None:
    X, y = labelled(n=14)
    train, test = np.arange(10), np.arange(10, 14)

    def left_out_error(relative: float) -> float:
        own = X[train].astype(np.float64)
        alpha = relative * np.trace(centred(gram(X[train]))) / len(train)
        rests = [np.delete(train, place) for place in range(len(train))]
        fits = [Ridge(alpha=alpha).fit(X[rest].astype(np.float64), y[rest]) for rest in rests]
        return float(np.mean([(fit.predict(own[[i]])[0] - y[i]) ** 2 for i, fit in enumerate(fits)]))

    best = min(PATH, key=left_out_error)
    expected = refitted(X, y, train, float(best)).predict(X[test])
    np.testing.assert_allclose(predicted(gram(X), y, train, test), expected, atol=1e-3)


def test_accuracies_are_means_over_repeats_of_refitted_models() -> None:
    X, y = labelled()
    curve = learning_curve(gram(X), y, SILENT, relative=0.3, repeats=4, seed=7)
    rng = np.random.default_rng(7)
    repeats = [split(y, curve.sizes.tolist(), rng) for _ in range(4)]
    right = np.array(
        [
            [
                np.mean((refitted(X, y, train, 0.3).predict(X[parts.test]) > 0) == (y[parts.test] > 0))
                for train in parts.training
            ]
            for parts in repeats
        ]
    )
    np.testing.assert_allclose(curve.accuracy, right.mean(0), atol=1e-12)
    trials = min(len(y), 4 * curve.tested)  # rows tested again are no new evidence
    low, high = wilson(right.mean(0) * trials, np.full(right.shape[1], trials))
    np.testing.assert_allclose([curve.low, curve.high], [low, high], atol=1e-12)


def test_the_curve_rises_above_the_majority_where_there_is_something_to_learn() -> None:
    X, y = labelled(n=200, d=40)
    curve = learning_curve(gram(X), y, SILENT)
    assert curve.repeats == REPEATS and curve.tested == 40 and curve.sizes[-1] == 160
    assert curve.accuracy[-1] > curve.accuracy[0] + 0.1
    assert curve.low[-1] > curve.baseline[-1]
    np.testing.assert_allclose(curve.baseline, 0.6)


def test_noise_stays_at_chance() -> None:
    """Whoever beats the majority on labels without a rule has seen the test rows."""
    X, _ = labelled(n=120)
    y = np.random.default_rng(1).permutation(np.repeat([1.0, -1.0], 60)).astype(np.float32)
    curve = learning_curve(gram(X), y, SILENT)
    assert (np.abs(curve.accuracy - 0.5) < 0.12).all()


def test_the_same_seed_gives_the_same_curve_and_another_seed_another() -> None:
    X, y = labelled()
    K = gram(X)
    first, again, other = (learning_curve(K, y, SILENT, seed=seed) for seed in (1, 1, 2))
    assert (first.accuracy == again.accuracy).all()
    assert (first.accuracy != other.accuracy).any()


@pytest.mark.parametrize(("good", "bad"), [(5, 5), (5, 40), (33, 7), (100, 99)])
def test_subsets_are_stratified_grow_and_never_meet_the_test_rows(good: int, bad: int) -> None:
    y = np.repeat([1, -1], [good, bad]).astype(np.float32)
    sizes = curve_sizes(len(y)).tolist()
    parts = split(y, sizes, np.random.default_rng(0))
    assert [len(train) for train in parts.training] == sizes
    share = good / (good + bad)
    for rows in (*parts.training, parts.test):
        goods = (y[rows] > 0).sum()
        assert 1 <= goods < len(rows), "one label is missing"
        assert abs(goods - share * len(rows)) <= 1
        assert len(np.unique(rows)) == len(rows)
    for train, larger in zip(parts.training, parts.training[1:], strict=False):
        assert set(train) < set(larger)
    assert not set(parts.training[-1]) & set(parts.test)


def test_too_few_rows_say_how_many_are_needed() -> None:
    y = np.repeat([1, -1], [LEAST - 1, 30]).astype(np.float32)
    assert not enough_for_curve(y)
    with pytest.raises(ValueError, match="at least 5 Good and 5 Bad"):
        learning_curve(np.eye(len(y)), y, SILENT)


def test_a_curve_stops_when_it_is_cancelled() -> None:
    X, y = labelled()
    with pytest.raises(Cancelled):
        learning_curve(gram(X), y, Impatient(checks=3))


def test_bins_hold_every_row_once_from_the_lowest_value_to_the_highest() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(0, 0.5, 83)
    y = np.where(rng.random(83) < (1 + values) / 2, 1, -1).astype(np.float32)
    found = calibration(values, y)
    assert found.rows.sum() == 83 and len(found.rows) == 8
    assert (np.diff(found.value) > 0).all()
    assert found.share @ found.rows == pytest.approx((y > 0).sum())
    lowest = np.argsort(values)[: found.rows[0]]
    assert found.value[0] == pytest.approx(values[lowest].mean())
    assert found.share[0] == pytest.approx((y[lowest] > 0).mean())
    assert ((found.low <= found.share) & (found.share <= found.high)).all()


def test_honest_values_are_found_calibrated() -> None:
    rng = np.random.default_rng(4)
    values = rng.uniform(-1, 1, 20_000)
    y = np.where(rng.random(20_000) < (1 + values) / 2, 1, -1).astype(np.float32)
    found = calibration(values, y)
    np.testing.assert_allclose(found.share, (1 + found.value) / 2, atol=0.03)


def test_few_rows_make_few_bins() -> None:
    y = np.array([1, -1, 1], np.float32)
    assert calibration(np.array([0.2, -0.1, 0.4]), y).rows.tolist() == [3]
    with pytest.raises(ValueError, match="at least one row"):
        calibration(np.empty(0), np.empty(0, np.float32))
