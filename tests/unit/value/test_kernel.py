"""Promises of curved values: the reference is a Gaussian process with kernels of scikit-learn in float64."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.gaussian_process.kernels import RBF, DotProduct

from ipo.value.gram import Gram
from ipo.value.kernel import Kernel, Points, as_points
from ipo.value.kernel_choice import AUTO, CURVED, FEWEST, STRAIGHT, choose_kernel
from ipo.value.ridge import RidgeFit
from ipo.value.ridge_model import RidgeModel

Array = NDArray[np.float32]
D, M = 40, 5
RNG = np.random.default_rng(5)
PROJECTION = RNG.standard_normal((D, M)).astype(np.float32)  # of rows with a norm of about 1


def rows(n: int, seed: int = 0) -> Array:
    drawn = np.random.default_rng(seed).standard_normal((n, D))
    return np.asarray(drawn / np.sqrt(D), np.float32)


def bump(X: Array) -> Array:
    """Good where the first coordinate is neither small nor large."""
    return np.where(np.abs((X @ PROJECTION)[:, 0] - 0.3) < 0.7, 1, -1).astype(np.float32)


def curved_fit(X: Array, y: Array, relative: float | None = 0.3, shape: str = CURVED) -> RidgeFit:
    model = RidgeModel(Gram(), PROJECTION)
    return model.refit(X, np.arange(len(X)), y, relative, points=as_points(X @ PROJECTION), shape=shape)


def reference(kernel: Kernel, X: Array, Y: Array) -> NDArray[np.float64]:
    """κ between rows by scikit-learn's kernels in float64."""
    radial = kernel.amplitude * RBF(np.sqrt(kernel.width / 2))
    one, other = X.astype(np.float64), Y.astype(np.float64)
    return np.asarray(DotProduct(0)(one, other) + radial(one @ PROJECTION, other @ PROJECTION))


def test_curved_values_and_deviations_are_those_of_a_gaussian_process_with_that_kernel() -> None:
    X, new, free = rows(50), rows(20, 1), 300.0**2  # an intercept that is almost free
    fitted = curved_fit(X, bump(X))
    assert fitted.kernel.curved
    K = reference(fitted.kernel, X, X) + free + fitted.dual.lam * np.eye(50)
    across = reference(fitted.kernel, new, X) + free
    mean = across @ np.linalg.solve(K, bump(X))
    covariance = reference(fitted.kernel, new, new) + free - across @ np.linalg.solve(K, across.T)
    assert np.allclose(fitted.predict(new), mean, atol=1e-3)
    assert np.allclose(fitted.deviation(new) ** 2 / fitted.scale, covariance.diagonal(), atol=1e-3)
    belief = fitted.posterior(new)
    assert np.allclose(belief.mean, mean, atol=1e-3)
    assert np.allclose(belief.covariance / fitted.scale, covariance, atol=1e-3)


def test_the_belief_about_mixtures_is_that_about_the_rows_they_are() -> None:
    fitted, basis = curved_fit(rows(40), bump(rows(40))), rows(6, 1)
    mixed = np.random.default_rng(2).standard_normal((15, 6)) / 2
    made, directly = fitted.posterior(basis, mixed), fitted.posterior((mixed @ basis).astype(np.float32))
    assert np.allclose(made.mean, directly.mean, atol=1e-4)
    assert np.allclose(made.covariance, directly.covariance, atol=1e-4)
    assert np.allclose(made.mean, fitted.predict((mixed @ basis).astype(np.float32)), atol=1e-4)


def test_the_slope_is_the_gradient_by_differences() -> None:
    fitted, new, step = curved_fit(rows(60), bump(rows(60)), 0.03), rows(4, 1), 1e-2
    slopes = fitted.slope(new)
    for direction in rows(8, 2):
        either = [fitted.predict(new + side * step * direction).astype(np.float64) for side in (1, -1)]
        assert np.allclose(slopes @ direction, (either[0] - either[1]) / (2 * step), atol=5e-3)


def test_every_row_is_held_out_as_by_a_refit_with_the_same_kernel() -> None:
    X = rows(30)
    fitted = curved_fit(X, bump(X))
    K = reference(fitted.kernel, X, X) + 300.0**2
    for row in range(0, 30, 5):
        rest = np.delete(np.arange(30), row)
        solved = np.linalg.solve(K[np.ix_(rest, rest)] + fitted.dual.lam * np.eye(29), bump(X)[rest])
        assert fitted.held_out[row] == pytest.approx(K[row, rest] @ solved, abs=2e-3)


def mixed_points(singles: int, pairs: int, seed: int) -> tuple[Array, Points]:
    """Feature rows and points of rows and, behind them, differences."""
    first, second = rows(singles + pairs, seed), rows(singles + pairs, seed + 50)
    points = np.stack([first @ PROJECTION, second @ PROJECTION], axis=1)
    points[:singles, 1] = np.nan
    features = first.copy()
    features[singles:] -= second[singles:]
    return features, points


@pytest.mark.parametrize("shape", [(9, 0), (0, 8), (5, 6)])
def test_of_differences_the_kernel_is_the_one_of_values_subtracted(shape: tuple[int, int]) -> None:
    kernel = Kernel(1.7, 3.0)
    _, left = mixed_points(*shape, seed=1)
    _, right = mixed_points(4, 3, seed=2)
    every = np.nan_to_num(np.concatenate([left, right]).reshape(-1, M)).astype(np.float64)
    K = 1.7 * np.exp(-np.square(every[:, None] - every).sum(2) / 3.0)
    signs = np.array([[1.0, 0 if np.isnan(point[1, 0]) else -1] for point in [*left, *right]])
    take = np.zeros((len(signs), len(every)))
    for place, (one, other) in enumerate(signs):
        take[place, 2 * place : 2 * place + 2] = one, other
    whole = take @ K @ take.T
    n = len(left)
    assert np.allclose(kernel.between(left, right), whole[:n, n:], atol=1e-5)
    assert np.allclose(kernel.own(left), whole[:n, :n].diagonal(), atol=1e-5)
    assert np.linalg.eigvalsh(kernel.between(left, left)).min() > -1e-6


@settings(max_examples=15)
@given(
    acts=st.lists(st.tuples(st.sampled_from("aarx"), st.integers(0, 99)), min_size=5, max_size=40),
    relative=st.sampled_from([None, 0.3]),
    seed=st.integers(0, 9),
)
def test_any_sequence_of_labels_pairs_and_undos_gives_the_curved_fit_from_scratch(
    acts: list[tuple[str, int]], relative: float | None, seed: int
) -> None:
    features, points = mixed_points(40, 40, seed)
    constant = np.repeat([1.0, 0.0], 40)
    model = RidgeModel(Gram(), PROJECTION)
    y = np.where(np.arange(80) % 3, 1, -1).astype(np.float32)
    used = list(range(0, 80, 5))
    for act, which in acts:
        place = used[which % len(used)]
        if act == "a" and which < 80 and which not in used:
            used.append(which)
        elif act == "r":
            y[place] *= -1
        elif act == "x" and len(used) > 13:
            used.remove(place)
        at = np.array(used, np.intp)
        fitted = model.refit(features, at, y[at], relative, constant[at], points, CURVED)
        assert fitted.kernel.curved
        K = features[at].astype(np.float64) @ features[at].T + fitted.kernel.between(points[at], points[at])
        A = np.block(
            [[K + fitted.dual.lam * np.eye(len(at)), constant[at][:, None]], [constant[at], np.zeros(1)]]
        )
        solved = np.linalg.solve(A, np.append(y[at], 0))
        order = np.argsort(fitted.places)
        assert np.allclose(fitted.dual.a[order], solved[:-1][np.argsort(at)], atol=1e-4)
        assert fitted.b == pytest.approx(solved[-1], abs=1e-4)


# Straight or curved


def chosen(y: Array, X: Array, shape: str = AUTO) -> Kernel:
    return curved_fit(X, y, None, shape).kernel


def test_a_taste_for_the_middle_is_found_to_be_curved_and_its_values_are_better() -> None:
    X, new = rows(150), rows(300, 1)
    curved, straight = (curved_fit(X, bump(X), None, shape) for shape in (AUTO, STRAIGHT))
    assert curved.kernel.curved and not straight.kernel.curved
    assert curved.choice.gain > 0.05 and curved.choice.rows == 150
    right = [np.mean((fitted.predict(new) > 0) == (bump(new) > 0)) for fitted in (curved, straight)]
    assert right[0] > right[1] + 0.1


def test_a_straight_taste_stays_straight_unless_it_is_told_to_bend() -> None:
    X = rows(120)
    y = np.sign(X @ np.random.default_rng(8).standard_normal(D)).astype(np.float32)
    assert not chosen(y, X).curved
    assert chosen(y, X, CURVED).curved


def test_a_changed_shape_is_used_at_once() -> None:
    X = rows(60)
    model, points = RidgeModel(Gram(), PROJECTION), as_points(X @ PROJECTION)
    fits = [
        model.refit(X, np.arange(60), bump(X), None, points=points, shape=shape)
        for shape in (CURVED, STRAIGHT, CURVED)
    ]
    assert [fitted.kernel.curved for fitted in fits] == [True, False, True]
    assert np.array_equal(fits[0].predict(X), fits[2].predict(X))


def test_without_coordinates_or_with_few_rows_values_are_straight() -> None:
    X = rows(60)
    assert not RidgeModel(Gram()).refit(X, np.arange(60), bump(X), shape=CURVED).kernel.curved
    few = slice(0, FEWEST - 1)
    assert not chosen(bump(X)[few], X[few], CURVED).curved
    zeros = np.zeros((20, D), np.float32)
    assert not chosen(bump(X)[:20], zeros, CURVED).curved


def test_a_kernel_is_chosen_with_the_lambda_that_was_set() -> None:
    X = rows(80)
    K, points = X.astype(np.float64) @ X.T, as_points(X @ PROJECTION)
    free = choose_kernel(K, bump(X), np.ones(80), points, CURVED)
    held = choose_kernel(K, bump(X), np.ones(80), points, CURVED, 100.0)
    assert held.curved > free.curved and held.straight > free.straight
