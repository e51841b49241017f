"""Promises of scores and folds, against scikit-learn and numbers worked out by hand."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, roc_auc_score

from ipo.proportions import Proportion
from ipo.value.scores import enough_to_hold_out, folds, score


def labels(good: int, bad: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).permutation(np.repeat([1, -1], [good, bad])).astype(np.float32)


@given(good=st.integers(1, 40), bad=st.integers(1, 40), seed=st.integers(0, 1000))
def test_accuracy_and_auc_equal_scikit_learn(good: int, bad: int, seed: int) -> None:
    y = labels(good, bad, seed)
    predicted = np.random.default_rng(seed).standard_normal(len(y)).round(1)  # with ties
    result = score(y, predicted)
    assert result.accuracy.share == pytest.approx(accuracy_score(y > 0, predicted > 0))
    assert result.auc == pytest.approx(roc_auc_score(y > 0, predicted))
    assert result.baseline == pytest.approx(max(good, bad) / (good + bad))
    assert result.accuracy.trials == good + bad
    low, high = result.auc_interval
    assert 0 <= low <= result.auc <= high <= 1 and low < high


@pytest.mark.parametrize(("right", "beats"), [(6, False), (7, True), (10, True), (3, False)])
def test_only_what_predicts_more_than_the_majority_knows_more(right: int, beats: bool) -> None:
    y = np.array([1, 1, 1, 1, 1, 1, -1, -1, -1, -1], np.float32)
    predicted = np.where(np.arange(10) < right, y, -y)
    assert score(y, predicted).beats_majority is beats


def test_the_interval_of_auc_solves_the_equation_of_a_score_interval() -> None:
    y = np.array([1, 1, 1, 1, -1, -1], np.float32)
    result = score(y, np.array([3.0, 2.0, 1.0, -1.0, 0.5, -2.0]))
    assert result.accuracy == Proportion(4, 6)
    assert result.auc == pytest.approx(7 / 8)  # 7 of 8 pairs in order
    for bound in result.auc_interval:
        more = 1 + 2 * ((1 - bound) / (2 - bound) + bound / (1 + bound))  # (4 + 2)/2 − 1 = 2
        assert (7 / 8 - bound) ** 2 == pytest.approx(1.96**2 * bound * (1 - bound) * more / 8, rel=1e-3)


def test_nineteen_of_twenty_intervals_of_auc_hold_the_truth() -> None:
    rng = np.random.default_rng(0)
    y = labels(20, 20)
    intervals = [score(y, y + rng.standard_normal(40)).auc_interval for _ in range(200)]
    truth = NormalDist().cdf(2 / 2**0.5)  # of two normal distributions 2 apart
    assert 0.92 <= np.mean([low <= truth <= high for low, high in intervals]) <= 0.98


def test_perfect_and_reversed_predictions_are_not_certain() -> None:
    y = labels(5, 5)
    perfect, reversed_ = score(y, y), score(y, -y)
    assert (perfect.accuracy.share, perfect.auc) == (1, 1)
    assert (reversed_.accuracy.share, reversed_.auc) == (0, 0)
    assert perfect.auc_interval[0] < 0.9 and perfect.auc_interval[1] == 1
    assert reversed_.auc_interval == pytest.approx((0, 1 - perfect.auc_interval[0]))


@given(good=st.integers(2, 30), bad=st.integers(2, 30), k=st.integers(2, 8), seed=st.integers(0, 5))
def test_folds_hold_every_row_once_and_are_stratified(good: int, bad: int, k: int, seed: int) -> None:
    y = labels(good, bad)
    parts = folds(y, k, seed)
    assert len(parts) == min(k, good, bad)
    assert sorted(np.concatenate(parts)) == list(range(len(y)))
    for label in (1, -1):
        counts = [int((y[part] == label).sum()) for part in parts]
        assert max(counts) - min(counts) <= 1
        assert min(counts) >= 1


def test_folds_are_shuffled_by_their_seed_alone() -> None:
    y = labels(20, 20)

    def as_lists(seed: int) -> list[list[int]]:
        return [part.tolist() for part in folds(y, 5, seed)]

    assert as_lists(3) == as_lists(3)
    assert as_lists(3) != as_lists(4)
    assert as_lists(3)[0] != list(range(8))


@pytest.mark.parametrize(("good", "bad"), [(0, 0), (5, 0), (1, 5), (5, 1), (1, 1)])
def test_fewer_than_two_rows_of_a_label_cannot_be_held_out(good: int, bad: int) -> None:
    y = labels(good, bad)
    assert not enough_to_hold_out(y)
    with pytest.raises(ValueError) as caught:
        folds(y, 5)
    assert str(caught.value) == "Cross-validation needs at least two Good and two Bad rows."


def test_two_rows_of_either_label_can_be_held_out() -> None:
    assert enough_to_hold_out(labels(2, 2))
    assert len(folds(labels(2, 9), 5)) == 2
