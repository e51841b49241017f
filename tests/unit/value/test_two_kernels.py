"""Promises of values that read latents and embeddings: the reference is ridge on both, side by side."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ipo.value import ridge
from ipo.value.gram import Gram, centred, gram
from ipo.value.kernel import as_points
from ipo.value.kernel_choice import CURVED, STRAIGHT
from ipo.value.lambda_path import lambda_path
from ipo.value.ridge_model import RidgeModel
from ipo.value.two_kernels import BOTH, EMBEDDING, SHARES, TwoKernelFit, fit_two_kernels
from tests.support.fits import ridge_of

Array = NDArray[np.float32]
D, E, M = 30, 12, 4
RNG = np.random.default_rng(8)
PROJECTION = RNG.standard_normal((D, M)).astype(np.float32)


def rows(n: int, d: int, seed: int) -> Array:
    drawn = np.random.default_rng(seed).standard_normal((n, d)) / np.sqrt(d)
    return np.asarray(drawn, np.float32)


def signs(values: Array) -> Array:
    return np.where(values > np.median(values), 1, -1).astype(np.float32)


def fitted(
    X: Array,
    embeddings: Array,
    y: Array,
    features: str = BOTH,
    constant: NDArray[np.float64] | None = None,
    shape: str = STRAIGHT,
) -> TwoKernelFit:
    model = RidgeModel(Gram(), PROJECTION)
    latent = model.refit(
        X, np.arange(len(X)), y, constant=constant, points=as_points(X @ PROJECTION), shape=shape
    )
    fit = fit_two_kernels(latent, model.gram, embeddings, features)
    assert fit is not None
    return fit


def side_by_side(fit: TwoKernelFit, X: Array, embeddings: Array) -> Array:
    z, e = np.sqrt(fit.factors)
    return np.concatenate([z * X, e * embeddings], axis=1).astype(np.float32)


@pytest.mark.parametrize("features", [BOTH, EMBEDDING])
def test_values_and_deviations_are_those_of_ridge_on_both_side_by_side(features: str) -> None:
    X, embeddings = rows(40, D, 0), rows(40, E, 1)
    y = signs(X[:, 0] + embeddings[:, 0])
    fit = fitted(X, embeddings, y, features)
    whole = ridge_of(side_by_side(fit, X, embeddings), y, fit.relative_lambda)
    new = rows(15, D, 2), rows(15, E, 3)
    assert np.allclose(fit.predict(*new), whole.predict(side_by_side(fit, *new)), atol=1e-4)
    assert np.allclose(fit.deviation(*new), whole.deviation(side_by_side(fit, *new)), atol=1e-4)
    assert np.allclose(fit.held_out, whole.held_out, atol=1e-4)


def test_a_curved_value_of_latents_stays_curved_beside_embeddings() -> None:
    X, embeddings = rows(60, D, 4), rows(60, E, 5)
    y = signs(-np.abs((X @ PROJECTION)[:, 0]) + 3 * embeddings[:, 0])
    fit = fitted(X, embeddings, y, shape=CURVED)
    assert 0 < fit.share < 1 and fit.latent.kernel.curved
    z, e = fit.factors
    kernel, new, other = fit.latent.kernel, rows(9, D, 6), rows(9, E, 7)
    points, news = as_points(X @ PROJECTION), as_points(new @ PROJECTION)
    K = z * (gram(X) + kernel.between(points, points)) + e * gram(embeddings)
    across = z * (new @ X.T + kernel.between(news, points)) + e * other @ embeddings.T
    dual = ridge.solve(ridge.inverse(K, fit.dual.lam), y, fit.dual.lam)
    assert np.allclose(fit.predict(new, other), across @ dual.a + dual.b, atol=1e-4)


def test_of_differences_values_are_subtracted_and_an_intercept_means_nothing() -> None:
    X, embeddings = rows(30, D, 8), rows(30, E, 9)
    y, constant = signs(embeddings[:, 0]), np.repeat([1.0, 0.0], 15)
    fit = fitted(X, embeddings, y, constant=constant)
    whole = RidgeModel(Gram()).refit(
        side_by_side(fit, X, embeddings), np.arange(30), y, fit.relative_lambda, constant
    )
    new = rows(5, D, 10), rows(5, E, 11)
    assert np.allclose(fit.predict(*new), whole.predict(side_by_side(fit, *new)), atol=1e-4)


def test_the_share_of_embeddings_is_the_one_whose_rows_are_predicted_best() -> None:
    X, embeddings = rows(80, D, 12), rows(80, E, 13)
    assert fitted(X, embeddings, signs(embeddings[:, 0])).share >= 0.75
    assert fitted(X, embeddings, signs(X[:, 0])).share <= 0.25
    fit = fitted(X, embeddings, signs(X[:, 0] + embeddings[:, 0]))
    assert 0 < fit.share < 1


def test_shares_weigh_as_likely_as_they_make_what_is_held_out() -> None:
    X, embeddings = rows(40, D, 20), rows(40, E, 21)
    fit = fitted(X, embeddings, signs(X[:, 0] + embeddings[:, 0]))
    errors, units = fit.mixture.errors, [np.trace(centred(gram(one))) / 40 for one in (X, embeddings)]
    assert tuple(errors) == SHARES[BOTH]
    for share, error in errors.items():
        K = (1 - share) / units[0] * gram(X) + share / units[1] * gram(embeddings)
        assert error == pytest.approx(lambda_path(K, fit.y).errors.min(), rel=1e-4)
    likelihood = np.array([error**-20 for error in errors.values()])
    assert fit.share == pytest.approx(likelihood @ list(errors) / likelihood.sum())


def test_rows_without_an_embedding_are_left_out_and_counted() -> None:
    X, embeddings = rows(40, D, 14), rows(40, E, 15)
    y = signs(embeddings[:, 0])
    some = embeddings.copy()
    some[::4] = np.nan
    fit = fitted(X, some, y)
    there = np.isfinite(some[:, 0])
    alone = fitted(X[there], embeddings[there], y[there])
    assert (fit.missing, alone.missing) == (10, 0)
    new = rows(5, D, 16), rows(5, E, 17)
    assert np.allclose(fit.predict(*new), alone.predict(*new), atol=1e-4)


def test_what_has_one_label_alone_gives_no_fit_and_alike_embeddings_do_no_harm() -> None:
    X, embeddings = rows(20, D, 18), rows(20, E, 19)
    y = signs(X[:, 0])
    model = RidgeModel(Gram())
    latent = model.refit(X, np.arange(20), y)
    bad = np.where((y < 0)[latent.places][:, None], np.nan, embeddings).astype(np.float32)
    assert fit_two_kernels(latent, model.gram, bad, BOTH) is None
    assert fit_two_kernels(latent, model.gram, np.full((20, E), np.nan, np.float32), BOTH) is None
    alike = np.tile(embeddings[:1], (20, 1))
    fit = fit_two_kernels(latent, model.gram, alike, EMBEDDING)
    assert fit is not None
    assert np.isfinite(fit.predict(X, alike)).all() and np.isfinite(fit.deviation(X, alike)).all()
