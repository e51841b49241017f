"""Promises of ridge: the reference is scikit-learn in float64, and refits where we refit nothing."""

import re
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import DotProduct
from sklearn.linear_model import LinearRegression, Ridge, RidgeCV

from ipo.value import ridge
from ipo.value.gram import Gram, gram
from ipo.value.lambda_path import DEFAULT, lambda_path
from ipo.value.ridge_model import RidgeModel
from ipo.value.scores import folds
from tests.support.fits import ridge_of

Array = NDArray[np.float32]


def problem(n: int = 60, d: int = 300, seed: int = 0, shift: float = 0.0) -> tuple[Array, Array]:
    """Rows of norm about 1 and labels ±1, two thirds of them Good."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)) / np.sqrt(d) + shift
    y = np.where(X[:, 0] - X[:, 0].mean() + 0.02 > 0, 1, -1)
    y[:2] = (1, -1)[:n]
    return X.astype(np.float32), y.astype(np.float32)


def far(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


@given(
    n=st.integers(2, 40),
    d=st.integers(1, 60),
    relative=st.floats(0.05, 50),
    shift=st.sampled_from([0.0, 1.0]),
    seed=st.integers(0, 9),
)
def test_a_fit_with_intercept_equals_scikit_learn(
    n: int, d: int, relative: float, shift: float, seed: int
) -> None:
    X, y = problem(n, d, seed, shift)
    fitted = ridge_of(X, y, relative)
    reference = Ridge(alpha=fitted.dual.lam).fit(X.astype(np.float64), y)
    assert np.allclose(fitted.w, reference.coef_, rtol=1e-3, atol=2e-4)
    assert fitted.b == pytest.approx(reference.intercept_, abs=3e-4)
    assert np.allclose(fitted.predict(X), reference.predict(X.astype(np.float64)), atol=5e-4)


def test_moving_all_rows_moves_the_intercept_and_nothing_else() -> None:
    X, y = problem()
    moved = X + np.float32(0.05)
    here, there = (ridge_of(rows, y, 1.0) for rows in (X, moved))
    assert far(there.w, here.w) < 1e-3
    assert there.b == pytest.approx(here.b - 0.05 * float(here.w.sum()), abs=1e-4)


def test_with_a_very_large_lambda_every_value_is_the_mean_label() -> None:
    X, y = problem()
    assert np.allclose(ridge_of(X, y, 1e9).predict(X), y.mean(), atol=1e-5)


@pytest.mark.parametrize("relative", [0.1, 1.0, 20.0])
@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_closed_form_folds_equal_refits_with_scikit_learn(relative: float, shift: float) -> None:
    X, y = problem(shift=shift)
    fitted = ridge_of(X, y, relative)
    everything = np.arange(len(y))
    for parts in (folds(y, 5), [everything[i : i + 1] for i in everything]):
        refitted = np.empty(len(y))
        for part in parts:
            rest = np.setdiff1d(everything, part)
            reference = Ridge(alpha=fitted.dual.lam).fit(X[rest].astype(np.float64), y[rest])
            refitted[part] = reference.predict(X[part].astype(np.float64))
        assert np.abs(ridge.held_out(fitted.dual, y, parts) - refitted).max() < 1e-3
    assert np.abs(fitted.held_out - refitted).max() < 1e-3  # the last parts were single rows


def test_the_label_of_a_held_out_row_does_not_change_its_prediction() -> None:
    X, y = problem()
    parts = folds(y, 5)
    before = ridge.held_out(ridge_of(X, y).dual, y, parts)
    for part in parts:
        flipped = y.copy()
        flipped[part] *= -1
        after = ridge.held_out(ridge_of(X, flipped).dual, flipped, parts)
        assert np.allclose(after[part], before[part], atol=1e-6)


def test_absolute_lambda_scales_with_the_rows() -> None:
    X, _ = problem(shift=0.5)
    K = gram(X)
    spread = float(((X - X.mean(0)) ** 2).sum(1).mean())
    assert ridge.absolute_lambda(K, 2.0) == pytest.approx(2 * spread, rel=1e-3)
    assert ridge.absolute_lambda(9 * K, 2.0) == pytest.approx(9 * ridge.absolute_lambda(K, 2.0))
    assert ridge.absolute_lambda(K, 0.0) > 0


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_the_lambda_path_holds_the_errors_of_refits(shift: float) -> None:
    X, y = problem(n=40, shift=shift)
    K = gram(X)
    path = lambda_path(K, y, np.array([1e-3, 0.1, 1.0, 30.0]))
    for relative, error in zip(path.relative, path.errors, strict=True):
        residuals = []
        for row in range(len(y)):
            rest = np.delete(np.arange(len(y)), row)
            reference = Ridge(alpha=ridge.absolute_lambda(K, relative)).fit(
                X[rest].astype(np.float64), y[rest]
            )
            residuals.append(y[row] - reference.predict(X[row : row + 1].astype(np.float64))[0])
        assert error == pytest.approx(np.mean(np.square(residuals)), rel=1e-3)
    assert path.best == path.relative[np.argmin(path.errors)]


@pytest.mark.parametrize(("n", "d"), [(5, 3), (12, 200), (60, 300), (120, 20)])
@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_the_lambda_path_holds_the_errors_of_ridge_cv(n: int, d: int, shift: float) -> None:
    X, y = problem(n, d, shift=shift)
    K = X.astype(np.float64) @ X.T.astype(np.float64)
    path = lambda_path(K, y)
    alphas = [ridge.absolute_lambda(K, relative) for relative in path.relative]
    reference = RidgeCV(alphas, store_cv_results=True).fit(X.astype(np.float64), y.astype(np.float64))
    np.testing.assert_allclose(path.errors, reference.cv_results_.mean(0), rtol=1e-6)
    assert ridge.absolute_lambda(K, path.best) == pytest.approx(reference.alpha_)


def test_the_chosen_lambda_is_large_for_noise_and_small_for_a_clear_taste() -> None:
    rng = np.random.default_rng(0)
    X = (rng.standard_normal((120, 40)) / np.sqrt(40)).astype(np.float32)
    clear = (X @ rng.standard_normal(40)).astype(np.float32)
    noise = rng.standard_normal(120).astype(np.float32)
    assert ridge_of(X, clear, None).relative_lambda < 0.01
    assert ridge_of(X, noise, None).relative_lambda > 1


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_values_and_deviations_are_those_of_a_gaussian_process_with_a_linear_kernel(shift: float) -> None:
    X, y = problem(n=25, d=40, shift=shift)
    new, _ = problem(n=15, d=40, seed=1, shift=shift)
    fitted = ridge_of(X, y, 0.5)
    kernel = DotProduct(
        sigma_0=300, sigma_0_bounds="fixed"
    )  # its constant is an intercept that is almost free
    process = GaussianProcessRegressor(kernel, alpha=fitted.dual.lam, optimizer=None)
    process.fit(X.astype(np.float64), y.astype(np.float64))
    mean, sd = process.predict(new.astype(np.float64), return_std=True)
    assert np.allclose(fitted.predict(new), mean, atol=1e-4)
    assert np.allclose(fitted.deviation(new) / np.sqrt(fitted.scale), sd, atol=1e-4)


def test_the_belief_about_points_and_their_mixtures_agrees_with_values_and_deviations() -> None:
    X, y = problem(n=30, d=50, shift=0.2)
    new, _ = problem(n=12, d=50, seed=1, shift=0.2)
    fitted = ridge_of(X, y, 0.3)
    belief = fitted.posterior(new)
    assert np.allclose(belief.mean, fitted.predict(new), atol=1e-5)
    assert np.allclose(np.sqrt(belief.covariance.diagonal()), fitted.deviation(new), atol=1e-5)
    mixed = np.random.default_rng(0).standard_normal((20, 12)) / 4
    of_mixtures = fitted.posterior(new, mixed)
    mixtures = (mixed @ new).astype(np.float32)
    assert np.allclose(of_mixtures.mean, fitted.predict(mixtures), atol=1e-5)
    assert np.allclose(of_mixtures.covariance, fitted.posterior(mixtures).covariance, atol=1e-5)


@dataclass(frozen=True)
class Mixed:
    """Rows, and differences of two rows that know nothing of the intercept."""

    X: Array
    y: Array
    constant: NDArray[np.float64]

    @classmethod
    def made(cls, rows: int, pairs: int, d: int = 30) -> "Mixed":
        X, y = problem(n=rows + pairs, d=d, seed=2, shift=0.2)
        others, _ = problem(n=rows + pairs, d=d, seed=3, shift=0.2)
        X[rows:] -= others[rows:]
        y[rows:] = 1
        return cls(X, y, np.append(np.ones(rows), np.zeros(pairs)))

    def fitted(self, relative: float | None = 0.3) -> ridge.RidgeFit:
        model = RidgeModel(Gram())
        return model.refit(self.X, np.arange(len(self.y)), self.y, relative, self.constant)

    def solved(self, lam: float) -> tuple[NDArray[np.float64], float]:
        """w and b by the normal equations in float64; b is 0 where no row knows of it."""
        A = np.column_stack([self.X, self.constant]).astype(np.float64)
        penalty = lam * np.eye(A.shape[1])
        penalty[-1, -1] = 0 if self.constant.any() else 1
        found = np.linalg.solve(A.T @ A + penalty, A.T @ self.y)
        return found[:-1], float(found[-1])

    def without(self, row: int) -> "Mixed":
        return Mixed(*(np.delete(part, row, axis=0) for part in (self.X, self.y, self.constant)))


@pytest.mark.parametrize(("rows", "pairs"), [(20, 12), (2, 25), (0, 15), (20, 0)])
def test_pairs_teach_the_direction_and_not_the_intercept(rows: int, pairs: int) -> None:
    mixed = Mixed.made(rows, pairs)
    fitted = mixed.fitted()
    w, b = mixed.solved(fitted.dual.lam)
    assert far(fitted.w, w) < 1e-3 and fitted.b == pytest.approx(b, abs=1e-4)
    for row in range(rows + pairs):
        rest = mixed.without(row)
        if rest.constant.any() or not rows:
            w, b = rest.solved(fitted.dual.lam)
            left_out = mixed.X[row] @ w + b * mixed.constant[row]
            assert fitted.held_out[row] == pytest.approx(left_out, abs=1e-3)
    new, _ = problem(n=5, d=30, seed=7)
    assert (fitted.deviation(new) > 0).all() and np.isfinite(fitted.deviation(new)).all()
    assert np.allclose(np.sqrt(fitted.posterior(new).covariance.diagonal()), fitted.deviation(new), atol=1e-5)


@pytest.mark.parametrize(("rows", "pairs"), [(20, 12), (0, 15)])
def test_the_lambda_path_counts_pairs_as_well(rows: int, pairs: int) -> None:
    mixed = Mixed.made(rows, pairs)
    K = gram(mixed.X)
    path = lambda_path(K, mixed.y, np.array([0.01, 1.0]), mixed.constant)
    for relative, error in zip(path.relative, path.errors, strict=True):
        lam = ridge.absolute_lambda(K, relative, mixed.constant)
        residuals = []
        for row in range(rows + pairs):
            w, b = mixed.without(row).solved(lam)
            residuals.append(mixed.y[row] - mixed.X[row] @ w - b * mixed.constant[row])
        assert error == pytest.approx(np.mean(np.square(residuals)), rel=2e-3)


@st.composite
def few(draw: st.DrawFn) -> Mixed:
    """One to five rows and differences of two, drawn so that many are alike, in line with each other or 0."""
    n, d = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    entries = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0])
    X = np.array(draw(st.lists(entries, min_size=n * d, max_size=n * d)), np.float32).reshape(n, d)
    y = np.array(draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=n, max_size=n)), np.float32)
    constant = draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=n, max_size=n))
    return Mixed(X, y, np.array(constant))


@given(mixed=few(), relative=st.sampled_from([0.01, 1.0, 30.0]))
def test_of_very_few_rows_each_is_held_out_as_by_a_refit_or_said_not_to_be(
    mixed: Mixed, relative: float
) -> None:
    K = gram(mixed.X)
    lam = ridge.absolute_lambda(K, relative, mixed.constant)
    dual = ridge.solve(ridge.inverse(K, lam), mixed.y, lam, mixed.constant)
    fitted = mixed.fitted(relative)
    by_folds = ridge.held_out(dual, mixed.y, [np.array([row]) for row in range(len(mixed.y))])
    residuals = []
    for row, rest in ((row, mixed.without(row)) for row in range(len(mixed.y))):
        place = int(np.flatnonzero(fitted.places == row)[0])
        if mixed.constant[row] and not rest.constant.any():
            assert np.isnan(by_folds[row]) and np.isnan(fitted.held_out[place])
            continue
        w, b = rest.solved(lam)
        left_out = mixed.X[row] @ w + b * mixed.constant[row]
        assert by_folds[row] == pytest.approx(left_out, abs=1e-5)
        assert fitted.held_out[place] == pytest.approx(left_out, abs=1e-5)
        residuals.append(mixed.y[row] - left_out)
    path = lambda_path(K, mixed.y, np.array([relative]), mixed.constant)
    assert path.known == bool(residuals)
    if residuals:
        assert path.errors[0] == pytest.approx(np.mean(np.square(residuals)), rel=1e-5, abs=1e-9)
    assert np.isfinite(fitted.w).all() and np.isfinite(fitted.b)
    assert np.isfinite(mixed.fitted(None).predict(mixed.X)).all()


@pytest.mark.parametrize("pairs", [1, 25])
def test_the_only_row_has_no_held_out_value_and_no_say_in_lambda(pairs: int) -> None:
    mixed = Mixed.made(rows=1, pairs=pairs)
    fitted = mixed.fitted(None)
    assert np.flatnonzero(np.isnan(fitted.held_out)).tolist() == np.flatnonzero(fitted.constant).tolist()
    path = lambda_path(gram(mixed.X), mixed.y, constant=mixed.constant)
    residuals = []
    lam = ridge.absolute_lambda(gram(mixed.X), path.relative[12], mixed.constant)
    for row in range(1, 1 + pairs):
        w, _ = mixed.without(row).solved(lam)
        residuals.append(mixed.y[row] - mixed.X[row] @ w)
    assert path.errors[12] == pytest.approx(np.mean(np.square(residuals)), rel=1e-3)
    assert fitted.relative_lambda == path.best


@pytest.mark.parametrize(("rows", "pairs"), [(1, 0), (2, 0), (1, 1)])
def test_where_nothing_tells_one_lambda_from_another_the_default_is_taken(rows: int, pairs: int) -> None:
    """Of two rows each is predicted to be like the other, whatever λ; one row predicts no pair."""
    mixed = Mixed.made(rows, pairs)
    path = lambda_path(gram(mixed.X), mixed.y, constant=mixed.constant)
    assert path.known == (rows + pairs > 1) and path.flat
    assert path.best == DEFAULT == mixed.fitted(None).relative_lambda


def test_a_fold_with_every_row_cannot_be_held_out_and_costs_no_other_its_value() -> None:
    mixed = Mixed.made(rows=3, pairs=6)
    dual = ridge.solve(ridge.inverse(gram(mixed.X), 0.5), mixed.y, 0.5, mixed.constant)
    rows, pairs = np.arange(3), np.arange(3, 9)
    predicted = ridge.held_out(dual, mixed.y, [rows, pairs])
    assert np.isnan(predicted[rows]).all() and np.isfinite(predicted[pairs]).all()


def test_rows_of_zeros_are_worth_the_mean_label() -> None:
    X, y = np.zeros((9, 4), np.float32), np.array([1] * 6 + [-1] * 3, np.float32)
    fitted = ridge_of(X, y, None)
    assert np.allclose(fitted.predict(X), 1 / 3)
    assert np.allclose(fitted.held_out, (3 - y) / 8)


def test_what_was_seen_is_surer_than_what_was_not() -> None:
    X, y = problem(n=40, d=200)
    new, _ = problem(n=40, d=200, seed=5)
    fitted = ridge_of(X, y, 0.1)
    assert fitted.deviation(X).max() < fitted.deviation(new).min()


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
        ridge_of(X, y)


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
    fitted = ridge_of(X, y, 0.0)
    least_squares = LinearRegression().fit(X.astype(np.float64), y)
    assert np.abs(fitted.predict(X) - least_squares.predict(X.astype(np.float64))).max() < 0.1
