"""Dual ridge regression: everything happens in the n × n Gram space (n rows ≪ d features).

Objective: min over w, b of ‖Xw + b − y‖² + λ‖w‖², b not penalised. With X centred, K = XXᵀ and
G = (K + λI)⁻¹: a = G(y − ȳ), w = Xᵀa, and the residuals of the fit are λa. The smoother's complement is
M = λG − 11ᵀ/n, so that the residuals of rows S when they are held out are M_SS⁻¹ λa_S, without a refit
(leave-one-out: λaᵢ/Mᵢᵢ). Rasmussen & Williams, Gaussian Processes for Machine Learning, ch. 5.4.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_NOISE = 1e-5  # relative accuracy of a Gram matrix that was multiplied in float32


@dataclass(frozen=True)
class RidgeFit:
    """A fitted linear value x·w + b."""

    w: NDArray[np.float32]  # (d,)
    b: float
    lam: float  # absolute

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values of `(m, d)` features as `(m,)`."""
        return (X @ self.w + np.float32(self.b)).astype(np.float32)


def ridge_fit(X: NDArray[np.float32], y: NDArray[np.float32], lam: float) -> NDArray[np.float32]:
    """w = Xᵀ(XXᵀ + λI)⁻¹y, without intercept: X `(n, d)`, y `(n,)` → w `(d,)` float32.

    Raises `ValueError` for λ ≤ 0, for shapes that do not match and for NaN or Inf.
    """
    X = np.asarray(X, np.float32)
    K = gram(X)
    _check(K, y, lam)
    dual = np.linalg.solve(_shifted(K, lam), np.asarray(y, np.float64))
    return dual.astype(np.float32) @ X


def gram(X: NDArray[np.float32]) -> Vector:
    """K = XXᵀ `(n, n)`: multiplied in float32, returned in float64 for the solve."""
    return (X @ X.T).astype(np.float64)


def centred(K: Vector) -> Vector:
    """The Gram matrix of the rows minus their mean."""
    means = K.mean(0)
    return np.asarray(K - means - means[:, None] + means.mean(), np.float64)


def absolute_lambda(K: Vector, relative: float) -> float:
    """λ for a relative λ: times the mean of the centred Gram's diagonal; never below its float32 noise."""
    mean = float(np.trace(centred(K))) / len(K)
    return max(max(relative, _NOISE) * mean, float(np.finfo(np.float64).tiny))


def fit(X: NDArray[np.float32], K: Vector, y: NDArray[np.float32], lam: float) -> RidgeFit:
    """Ridge with intercept on X `(n, d)` with its Gram matrix K, y `(n,)`; λ is absolute."""
    _check(K, y, lam)
    target = np.asarray(y, np.float64)
    dual = np.linalg.solve(_shifted(centred(K), lam), target - target.mean()).astype(np.float32)
    w = dual @ X
    return RidgeFit(w, float(target.mean() - X.mean(0) @ w), lam)


def held_out(K: Vector, y: NDArray[np.float32], lam: float, folds: Sequence[NDArray[np.intp]]) -> Vector:
    """Predictions `(n,)` of each fold's rows by a fit on the other rows, in closed form. λ is absolute."""
    residual, M = _residuals(K, y, lam)
    predicted = np.empty(len(y))
    for fold in folds:
        error = np.linalg.solve(M[np.ix_(fold, fold)], residual[fold])
        predicted[fold] = y[fold] - error
    return predicted


def _residuals(K: Vector, y: NDArray[np.float32], lam: float) -> tuple[Vector, Vector]:
    """Training residuals λa and the complement of the smoother M = λG − 11ᵀ/n."""
    target = np.asarray(y, np.float64)
    complement = np.asarray(lam * np.linalg.inv(_shifted(centred(K), lam)), np.float64)
    return complement @ (target - target.mean()), complement - 1 / len(y)


def _shifted(K: Vector, lam: float) -> Vector:
    """K + λI. Solved by numpy: SciPy brings a second BLAS thread pool, and the two wait for each other."""
    shifted = K.copy()
    shifted.flat[:: len(K) + 1] += lam
    return shifted


def _check(K: Vector, y: NDArray[np.float32], lam: float) -> None:
    if np.shape(y) != (len(K),):
        raise ValueError(f"X has {len(K)} rows and y is {np.shape(y)}; ({len(K)},) would be right.")
    # The diagonal of the Gram matrix shows a NaN or Inf anywhere in X, without another pass over X.
    if not (np.isfinite(K.diagonal()).all() and np.isfinite(y).all()):
        raise ValueError("X or y has NaN or Inf.")
    if not lam > 0:
        raise ValueError(f"lambda is {lam}; it must be greater than 0.")
