"""Promises of ridge: the reference is scikit-learn in float64, and refits where we refit nothing."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression, Ridge

from ipo.value import ridge
from ipo.value.scores import folds

Array = NDArray[np.float32]


def problem(n: int = 60, d: int = 300, seed: int = 0, shift: float = 0.0) -> tuple[Array, Array]:
    """Rows of norm about 1 and labels ±1, two thirds of them Good."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)) / np.sqrt(d) + shift
    y = np.where(X[:, 0] - X[:, 0].mean() + 0.02 > 0, 1, -1)
    y[:2] = 1, -1
    return X.astype(np.float32), y.astype(np.float32)


def far(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


@given(
    n=st.integers(2, 40),
    d=st.integers(1, 60),
    lam=st.floats(0.05, 50),
    shift=st.sampled_from([0.0, 1.0]),
    seed=st.integers(0, 9),
)
def test_a_fit_with_intercept_equals_scikit_learn(
    n: int, d: int, lam: float, shift: float, seed: int
) -> None:
    X, y = problem(n, d, seed, shift)
    fitted = ridge.fit(X, ridge.gram(X), y, lam)
    reference = Ridge(alpha=lam).fit(X.astype(np.float64), y)
    assert np.allclose(fitted.w, reference.coef_, rtol=1e-3, atol=2e-4)
    assert fitted.b == pytest.approx(reference.intercept_, abs=2e-4)
    assert np.allclose(fitted.predict(X), reference.predict(X.astype(np.float64)), atol=5e-4)


def test_moving_all_rows_moves_the_intercept_and_nothing_else() -> None:
    X, y = problem()
    moved = X + np.float32(0.05)
    here, there = (ridge.fit(rows, ridge.gram(rows), y, 1.0) for rows in (X, moved))
    assert far(there.w, here.w) < 1e-3
    assert there.b == pytest.approx(here.b - 0.05 * float(here.w.sum()), abs=1e-4)


def test_with_a_very_large_lambda_every_value_is_the_mean_label() -> None:
    X, y = problem()
    fitted = ridge.fit(X, ridge.gram(X), y, 1e9)
    assert np.allclose(fitted.predict(X), y.mean(), atol=1e-5)


@pytest.mark.parametrize("lam", [0.1, 1.0, 20.0])
@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_closed_form_folds_equal_refits_with_scikit_learn(lam: float, shift: float) -> None:
    X, y = problem(shift=shift)
    everything = np.arange(len(y))
    for parts in (folds(y, 5), [everything[i : i + 1] for i in everything]):
        refitted = np.empty(len(y))
        for part in parts:
            rest = np.setdiff1d(everything, part)
            reference = Ridge(alpha=lam).fit(X[rest].astype(np.float64), y[rest])
            refitted[part] = reference.predict(X[part].astype(np.float64))
        held_out = ridge.held_out(ridge.gram(X), y, lam, parts)
        assert np.abs(held_out - refitted).max() < 1e-3


def test_the_label_of_a_held_out_row_does_not_change_its_prediction() -> None:
    X, y = problem()
    parts, K = folds(y, 5), ridge.gram(X)
    before = ridge.held_out(K, y, 1.0, parts)
    for part in parts:
        flipped = y.copy()
        flipped[part] *= -1
        assert np.allclose(ridge.held_out(K, flipped, 1.0, parts)[part], before[part], atol=1e-6)


def test_absolute_lambda_scales_with_the_rows() -> None:
    X, _ = problem(shift=0.5)
    K = ridge.gram(X)
    spread = float(((X - X.mean(0)) ** 2).sum(1).mean())
    assert ridge.absolute_lambda(K, 2.0) == pytest.approx(2 * spread, rel=1e-3)
    assert ridge.absolute_lambda(9 * K, 2.0) == pytest.approx(9 * ridge.absolute_lambda(K, 2.0))
    assert ridge.absolute_lambda(K, 0.0) > 0


def test_ridge_fit_leaves_its_arguments_alone() -> None:
    X, y = problem()
    before = X.copy(), y.copy()
    ridge.ridge_fit(X, y, 1.0)
    assert np.array_equal(X, before[0]) and np.array_equal(y, before[1])


@pytest.mark.parametrize("lam", [0, -1.5])
def test_a_lambda_that_is_not_positive_is_refused(lam: float) -> None:
    X, y = problem()
    with pytest.raises(ValueError) as caught:
        ridge.ridge_fit(X, y, lam)
    assert str(caught.value) == f"lambda is {lam}; it must be greater than 0."


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["X", "y"])
def test_nan_and_inf_are_refused(bad: float, where: str) -> None:
    X, y = problem()
    if where == "X":
        X[17, 231] = bad
    else:
        y[17] = bad
    with pytest.raises(ValueError) as caught:
        ridge.ridge_fit(X, y, 1.0)
    assert str(caught.value) == "X or y has NaN or Inf."
    with pytest.raises(ValueError, match=re.escape("X or y has NaN or Inf.")):
        ridge.fit(X, ridge.gram(X), y, 1.0)


def test_labels_of_another_length_are_refused() -> None:
    X, y = problem(n=60)
    with pytest.raises(ValueError) as caught:
        ridge.ridge_fit(X, y[:-1], 1.0)
    assert str(caught.value) == "X has 60 rows and y is (59,); (60,) would be right."


def test_a_lambda_of_nan_is_refused() -> None:
    X, y = problem()
    with pytest.raises(ValueError, match="lambda is nan"):
        ridge.ridge_fit(X, y, float("nan"))


def test_a_relative_lambda_of_zero_is_still_above_float32_noise() -> None:
    """More rows than features: the Gram matrix is singular but for λ, and noise must not become the fit."""
    X, y = problem(n=300, d=20)
    K = ridge.gram(X)
    fitted = ridge.fit(X, K, y, ridge.absolute_lambda(K, 0.0))
    least_squares = LinearRegression().fit(X.astype(np.float64), y)
    assert np.abs(fitted.predict(X) - least_squares.predict(X.astype(np.float64))).max() < 0.1
