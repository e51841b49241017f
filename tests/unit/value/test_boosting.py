"""Promises of boosted trees: the same every time, cancellable, and blind to what is held out."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ipo.jobs import SILENT, Cancelled
from ipo.value import boosting
from ipo.value.boosting import BoostParams
from ipo.value.gram import gram
from ipo.value.scores import folds

Array = NDArray[np.float32]
BOTH = pytest.mark.parametrize("components", [6, 64, None])


def problem(n: int = 60, d: int = 40, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.resize([1, -1], n))
    X = rng.standard_normal((n, d)) + 1.5 * y[:, None] * np.eye(d)[0] + 0.7
    return X.astype(np.float32), y.astype(np.float32)


def fit(X: Array, y: Array, components: int | None = 64, threads: int = 2) -> boosting.BoostFit:
    return boosting.fit(X, gram(X), y, BoostParams(components=components), threads=threads, progress=SILENT)


def held_out(
    X: Array, y: Array, parts: list[NDArray[np.intp]], components: int | None
) -> NDArray[np.float64]:
    params = BoostParams(components=components)
    return boosting.held_out(X, gram(X), y, params, parts, threads=2, progress=SILENT)


class Stopping:
    """A `Progress` that is cancelled at its n-th check."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.reported: list[float] = []

    def report(self, fraction: float, message: str = "") -> None:
        self.reported.append(fraction)

    def check(self) -> None:
        self.left -= 1
        if self.left <= 0:
            raise Cancelled


@BOTH
def test_the_same_rows_give_the_same_values_bit_for_bit(components: int | None) -> None:
    X, y = problem()
    new, _ = problem(seed=1)
    first, again = (fit(X, y, components).predict(new) for _ in range(2))
    assert np.array_equal(first, again)
    assert first.dtype == np.float32


@BOTH
def test_values_lie_between_bad_and_good_and_follow_the_labels(components: int | None) -> None:
    X, y = problem()
    values = fit(X, y, components).predict(X)
    assert (np.abs(values) <= 1).all()
    assert np.mean(np.sign(values) == y) > 0.95


def test_new_rows_are_projected_to_the_scores_that_the_trees_were_grown_on() -> None:
    X, _ = problem()
    y = np.sign(X[:, 0] - 0.7)
    fitted = fit(X, y, 6)
    left, singular, _ = np.linalg.svd(X - X.mean(0), full_matrices=False)
    scores = (left * singular)[:, :6]
    assert fitted.projection is not None
    ours = (X - fitted.mean) @ fitted.projection
    assert np.allclose(np.abs(ours), np.abs(scores), atol=1e-3)


@pytest.mark.parametrize(("rows", "scores"), [(2, 1), (10, 9), (40, 16), (191, 16), (240, 20), (900, 64)])
def test_trees_read_few_scores_of_few_rows(rows: int, scores: int) -> None:
    X, y = problem(n=rows, d=100)
    fitted = fit(X, y)
    assert fitted.projection is not None and fitted.projection.shape == (100, scores)
    raw = fit(X, y, None)
    assert raw.projection is None


@pytest.mark.parametrize("at", [1, 7, 49])
def test_a_fit_can_be_cancelled_between_rounds(at: int) -> None:
    X, y = problem()
    progress = Stopping(at)
    with pytest.raises(Cancelled):
        boosting.fit(X, gram(X), y, BoostParams(n_estimators=50), threads=1, progress=progress)
    assert progress.left == 0  # it asked every round and stopped at once


def test_cross_validation_reports_each_fold_and_can_be_cancelled_between_them() -> None:
    X, y = problem()
    progress = Stopping(10_000)
    parts = folds(y, 5)
    params = BoostParams(n_estimators=10)
    boosting.held_out(X, gram(X), y, params, parts, threads=1, progress=progress)
    assert progress.reported == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    progress = Stopping(25)
    with pytest.raises(Cancelled):
        boosting.held_out(X, gram(X), y, params, parts, threads=1, progress=progress)
    assert progress.reported == pytest.approx([0.2, 0.4])


@BOTH
def test_labels_of_held_out_rows_do_not_change_their_predictions(components: int | None) -> None:
    X, y = problem()
    parts = folds(y, 5)
    before = held_out(X, y, parts, components)
    for part in parts:
        changed = y.copy()
        changed[part] = np.random.default_rng(1).permutation(-y[part])
        after = held_out(X, changed, parts, components)
        assert np.array_equal(after[part], before[part])
        assert not np.array_equal(after, before)  # elsewhere those labels are learnt from


@BOTH
def test_features_of_a_held_out_row_do_not_change_other_predictions_of_its_fold(
    components: int | None,
) -> None:
    X, y = problem()
    parts = folds(y, 5)
    before = held_out(X, y, parts, components)
    outlier, *others = parts[0]
    changed = X.copy()
    changed[outlier] *= 50
    after = held_out(changed, y, parts, components)
    assert np.allclose(after[others], before[others], atol=1e-5)


@pytest.mark.parametrize("k", [6, 64])
def test_scores_made_inside_a_fold_equal_principal_components_of_its_training_rows(k: int) -> None:
    X, y = problem()
    rows = np.arange(len(y))
    for fold in folds(y, 5):
        rest = np.setdiff1d(rows, fold)
        train, test = boosting._split_scores(gram(X), rest, fold, k)
        mean = X[rest].mean(0)
        left, singular, right = np.linalg.svd(X[rest] - mean, full_matrices=False)
        k_kept = min(boosting.components_for(len(rest), k), X.shape[1])
        assert train.shape == (len(rest), k_kept)
        explicit_train, explicit_test = (left * singular)[:, :k_kept], (X[fold] - mean) @ right[:k_kept].T
        signs = np.sign((train * explicit_train).sum(0))
        assert np.allclose(train * signs, explicit_train, atol=2e-3)
        assert np.allclose(test * signs, explicit_test, atol=2e-3)
