"""Promises of scores and folds, against scikit-learn and numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, roc_auc_score

from ipo.value.scores import enough_to_hold_out, folds, score


def labels(good: int, bad: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).permutation(np.repeat([1, -1], [good, bad])).astype(np.float32)


@given(good=st.integers(1, 40), bad=st.integers(1, 40), seed=st.integers(0, 1000))
def test_accuracy_and_auc_equal_scikit_learn(good: int, bad: int, seed: int) -> None:
    y = labels(good, bad, seed)
    predicted = np.random.default_rng(seed).standard_normal(len(y)).round(1)  # with ties
    result = score(y, predicted)
    assert result.accuracy == pytest.approx(accuracy_score(y > 0, predicted > 0))
    assert result.auc == pytest.approx(roc_auc_score(y > 0, predicted))
    assert result.baseline == pytest.approx(max(good, bad) / (good + bad))
    assert result.n == good + bad
    assert 0 <= result.accuracy_se <= 0.5 / np.sqrt(result.n) + 1e-12
    assert 0 <= result.auc_se <= 0.5 / np.sqrt(min(good, bad)) + 1e-12


@pytest.mark.parametrize(("right", "beats"), [(6, False), (7, True), (10, True), (3, False)])
def test_only_what_predicts_more_than_the_majority_knows_more(right: int, beats: bool) -> None:
    y = np.array([1, 1, 1, 1, 1, 1, -1, -1, -1, -1], np.float32)
    predicted = np.where(np.arange(10) < right, y, -y)
    assert score(y, predicted).beats_majority is beats


def test_standard_errors_equal_those_worked_out_by_hand() -> None:
    y = np.array([1, 1, 1, 1, -1, -1], np.float32)
    predicted = np.array([3.0, 2.0, 1.0, -1.0, 0.5, -2.0])
    result = score(y, predicted)
    assert result.accuracy == pytest.approx(4 / 6)
    assert result.accuracy_se == pytest.approx((4 / 6 * 2 / 6 / 6) ** 0.5)
    # 7 of 8 pairs in order: A = 7/8, Q1 = A/(2−A) = 7/9, Q2 = 2A²/(1+A) = 49/60 (Hanley & McNeil, 1982).
    assert result.auc == pytest.approx(7 / 8)
    variance = (7 / 64 + 3 * (7 / 9 - 49 / 64) + 1 * (49 / 60 - 49 / 64)) / 8
    assert result.auc_se == pytest.approx(variance**0.5)


def test_the_standard_error_of_auc_is_the_spread_of_repeated_experiments() -> None:
    rng = np.random.default_rng(0)
    y = labels(40, 40)
    results = [score(y, y + 1.5 * rng.standard_normal(80)) for _ in range(300)]
    spread = np.std([result.auc for result in results])
    assert np.mean([result.auc_se for result in results]) == pytest.approx(spread, rel=0.15)


def test_perfect_and_reversed_predictions() -> None:
    y = labels(5, 5)
    assert (score(y, y).accuracy, score(y, y).auc, score(y, y).auc_se) == (1, 1, 0)
    assert (score(y, -y).accuracy, score(y, -y).auc) == (0, 0)


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
