"""Dual ridge regression: everything happens in the n × n Gram space (n rows ≪ d features).

Objective: min over w, b of ‖Xw + b − y‖² + λ‖w‖², b not penalised. With K = XXᵀ, G = (K + λI)⁻¹, g = G1:
b = gᵀy/1ᵀg, a = G(y − b), w = Xᵀa. With M = G − ggᵀ/1ᵀg the residuals of rows S when they are held out
are M_SS⁻¹a_S, without a refit (leave-one-out: aᵢ/Mᵢᵢ). λM = I − H, H the hat matrix; for λ > 0 nothing but
b is free of a penalty, so that M is singular along 1 alone, and Mᵢᵢ = 0 (leverage 1) means that row i is the
only one that knows of b: it cannot be held out. A Gaussian process with kernel τ²x·x′, noise τ²λ
and a flat prior on b has the same mean, and covariance τ²(x·x′ − kᵀGk′ + (1 − gᵀk)(1 − gᵀk′)/1ᵀg).
A row may be a difference of two, which knows nothing of b: then 1 has a zero there. With a curved part in the
kernel (`ipo.value.kernel`) K has it too, x·w gains Σⱼaⱼκ(u, uⱼ), and all else stays as it is.
Rasmussen & Williams, Gaussian Processes for Machine Learning, ch. 2.7 and 5.4.2; leverage: Hoaglin & Welsch,
The American Statistician 32 (1978).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.value.gram import Vector, centred, cross_gram, gram
from ipo.value.kernel import Kernel, KernelChoice, Points, as_points

_CANCELLED = 1e4  # how much of a sum may cancel in float32
_NOISE = 1e-5  # relative accuracy of a Gram matrix that was multiplied in float32


@dataclass(frozen=True, eq=False)
class Dual:
    """The solution in the Gram space."""

    G: Vector  # (n, n)
    g: Vector  # (n,)
    a: Vector  # (n,)
    b: float
    total: float  # 1ᵀg; infinite where no row knows of b, which is then 0
    lam: float  # absolute
    constant: Vector  # (n,) 1 for a row, 0 for a difference of two

    @property
    def complement(self) -> Vector:
        """M `(n, n)`, of which held-out residuals are made."""
        return np.asarray(self.G - np.outer(self.g, self.g / self.total), np.float64)

    @property
    def left_out(self) -> Vector:
        """Leave-one-out residuals `(n,)`; NaN for a row that cannot be held out."""
        able = can_be_held_out(self.constant)
        diagonal = self.G.diagonal() - self.g**2 / self.total
        return np.asarray(np.divide(self.a, diagonal, out=np.full(len(able), np.nan), where=able), np.float64)


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is believed of the values of p points."""

    mean: Vector  # (p,)
    covariance: Vector  # (p, p)
    noise: float  # variance of a label about its value

    def once_labelled(self, count: int) -> "Posterior":
        """The belief about the first `count` points once the others have labels, whatever these are.

        They are not known, so the means stay; the covariance needs none.
        """
        across, rest = self.covariance[:count, count:], self.covariance[count:, count:]
        known = across @ np.linalg.solve(rest + self.noise * np.eye(len(rest)), across.T)
        return Posterior(self.mean[:count], self.covariance[:count, :count] - known, self.noise)


@dataclass(frozen=True, eq=False)
class RidgeFit:
    """A fitted value x·w + b, or a curved one, with its uncertainty."""

    w: NDArray[np.float32]  # (d,) of the straight part
    dual: Dual
    features: NDArray[np.float32]  # (rows used, d)
    places: NDArray[np.intp]  # (n,) rows of `features` that were fitted
    y: NDArray[np.float32]  # (n,)
    constant: Vector  # (n,) 1 for a row, 0 for a difference of two
    relative_lambda: float
    choice: KernelChoice
    points: Points | None  # (n, 2, m) of what was fitted, which a curved part needs
    projection: NDArray[np.float32] | None  # (d, m), which a curved part needs

    @property
    def b(self) -> float:
        return self.dual.b

    @property
    def kernel(self) -> Kernel:
        return self.choice.kernel

    @property
    def scale(self) -> float:
        """τ², the variance of the prior that makes the labels most likely."""
        return max(float((self.y - self.dual.b * self.constant) @ self.dual.a) / len(self.y), 1e-12)

    @property
    def held_out(self) -> Vector:
        """The value of each fitted row `(n,)`, or difference of values, by a fit on all the others.

        NaN for a row that cannot be held out.
        """
        return np.asarray(self.y - self.dual.left_out, np.float64)

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values of `(m, d)` features as `(m,)`."""
        straight = X @ self.w + np.float32(self.b)
        curved = self.curved_across(X)
        return np.asarray(straight if curved is None else straight + curved @ self.dual.a, np.float32)

    def deviation(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standard deviations of the values of `(m, d)` features as `(m,)`."""
        K = self.across(X)
        rest = (1 - K @ self.dual.g) ** 2 / self.dual.total
        variance = self.own(X) - np.einsum("ij,ij->i", K @ self.dual.G, K) + rest
        return np.asarray(np.sqrt(np.maximum(self.scale * variance, 0)), np.float32)

    def posterior(self, X: NDArray[np.float32], mixed: Vector | None = None) -> Posterior:
        """The belief about the values of `(p, d)` features, or of mixtures `(q, p)` of them.

        Many mixtures of few features cost little: features are read once, whatever is made of them.
        """
        K, own, mean = self._across(X), gram(X), (X @ self.w).astype(np.float64)  # (p, n), (p, p), (p,)
        if mixed is not None:
            K, own, mean = mixed @ K, mixed @ own @ mixed.T, mixed @ mean
        if self.points is not None and self.projection is not None and self.kernel.curved:
            u = X @ self.projection
            points = as_points(u if mixed is None else np.asarray(mixed @ u, np.float32))
            curved = self.kernel.between(points, self.points)
            K, mean = K + curved, mean + curved @ self.dual.a
            own = own + self.kernel.between(points, points)
        rest = 1 - K @ self.dual.g
        covariance = own - K @ self.dual.G @ K.T + np.outer(rest, rest / self.dual.total)
        return Posterior(mean + self.b, self.scale * covariance, self.scale * self.dual.lam)

    def slope(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where values rise fastest from features `(m, d)`, as directions `(m, d)`: w if straight."""
        straight = np.broadcast_to(self.w, X.shape)
        if self.points is None or self.projection is None or not self.kernel.curved:
            return straight
        pull = self.kernel.slope(X @ self.projection, self.points, self.dual.a)
        return np.asarray(straight + pull.astype(np.float32) @ self.projection.T, np.float32)

    def across(self, X: NDArray[np.float32]) -> Vector:
        """κ `(m, n)` between `(m, d)` features and what was fitted."""
        K, curved = self._across(X), self.curved_across(X)
        return K if curved is None else K + curved

    def own(self, X: NDArray[np.float32]) -> Vector:
        """κ of each of `(m, d)` features with itself: `(m,)`."""
        return np.asarray(np.einsum("ij,ij->i", X, X, dtype=np.float64) + self.kernel.amplitude, np.float64)

    def _across(self, X: NDArray[np.float32]) -> Vector:
        return cross_gram(X, self.features)[:, self.places]

    def curved_across(self, X: NDArray[np.float32]) -> Vector | None:
        """The curved part of that; `None` where there is none."""
        if self.points is None or self.projection is None or not self.kernel.curved:
            return None
        return self.kernel.between(as_points(X @ self.projection), self.points)


def ridge_fit(X: NDArray[np.float32], y: NDArray[np.float32], lam: float) -> NDArray[np.float32]:
    """w = Xᵀ(XXᵀ + λI)⁻¹y, without intercept: X `(n, d)`, y `(n,)` → w `(d,)` float32.

    Raises `ValueError` for λ ≤ 0, for shapes that do not match and for NaN or Inf.
    """
    X = np.asarray(X, np.float32)
    K = gram(X)
    check(K.diagonal(), y, lam)
    dual = np.linalg.solve(_shifted(K, lam), np.asarray(y, np.float64))
    return dual.astype(np.float32) @ X


def absolute_lambda(K: Vector, relative: float, constant: Vector | None = None) -> float:
    """λ for a relative λ: times the mean of the centred Gram's diagonal; never below the noise of K."""
    return float(absolute_lambdas(K, float(np.trace(centred(K, constant))), np.array([relative]))[0])


def inverse(K: Vector, lam: float) -> Vector:
    """G = (K + λI)⁻¹ `(n, n)`."""
    return np.asarray(np.linalg.inv(_shifted(K, lam)), np.float64)


def solve(G: Vector, y: NDArray[np.float32], lam: float, constant: Vector | None = None) -> Dual:
    """The fit to labels y `(n,)` for G = (K + λI)⁻¹: two products, no solve.

    `constant` `(n,)` is 1 for a row and 0 for a difference of two; without it all are rows.
    """
    e = np.ones(len(y)) if constant is None else constant
    g, Gy = (G @ np.column_stack([e, np.asarray(y, np.float64)])).T
    total = float(e @ g) if e.any() else np.inf
    b = float(e @ Gy) / total
    return Dual(G, np.ascontiguousarray(g), Gy - b * g, b, total, lam, e)


def weights(features: NDArray[np.float32], places: NDArray[np.intp], a: Vector) -> NDArray[np.float32]:
    """w = Xᵀa `(d,)` for the rows `places` of `features`, read where they are and once.

    With a tiny λ large entries of a cancel; then the product is made again in float64.
    """
    order = np.argsort(places)
    runs = np.split(order, np.flatnonzero(np.diff(places[order]) > 1) + 1)
    blocks = [(a[run], features[places[run[0]] : places[run[-1]] + 1]) for run in runs]
    w = np.sum([part.astype(np.float32) @ block for part, block in blocks], axis=0)
    longest = max(float(np.linalg.norm(block[0])) for _, block in blocks)
    if np.abs(a).sum() * longest > _CANCELLED * np.linalg.norm(w):
        w = np.sum([part @ block.astype(np.float64) for part, block in blocks], axis=0)
    return np.asarray(w, np.float32)


def held_out(dual: Dual, y: NDArray[np.float32], folds: Sequence[NDArray[np.intp]]) -> Vector:
    """Predictions `(n,)` of each fold's rows by a fit on the other rows, in closed form.

    NaN for a fold that cannot be held out: no other row knows of b.
    """
    M, predicted = dual.complement, np.full(len(y), np.nan)
    knowing = np.count_nonzero(dual.constant)
    for fold in folds:
        if not knowing or np.count_nonzero(dual.constant[fold]) < knowing:
            predicted[fold] = y[fold] - np.linalg.solve(M[np.ix_(fold, fold)], dual.a[fold])
    return predicted


def can_be_held_out(constant: Vector) -> NDArray[np.bool_]:
    """Which rows `(n,)` can: all but one that alone knows of b (`constant` is not 0), see above."""
    knows = constant != 0
    return np.asarray(~knows | (np.count_nonzero(knows) > 1))


def check(diagonal: Vector, y: NDArray[np.float32], lam: float) -> None:
    """Raises `ValueError` for what no fit can come of.

    The diagonal of the Gram matrix shows a NaN or Inf anywhere in X, without another pass over X.
    """
    n = len(diagonal)
    if np.shape(y) != (n,):
        raise ValueError(f"X has {n} rows and y is {np.shape(y)}; ({n},) would be right.")
    if not (np.isfinite(diagonal).all() and np.isfinite(y).all()):
        raise ValueError("X or y has NaN or Inf.")
    if not lam > 0:
        raise ValueError(f"lambda is {lam}; it must be greater than 0.")


def absolute_lambdas(K: Vector, spread: float, relative: Vector) -> Vector:
    """λ `(p,)` for relative λ `(p,)`, given the trace of the centred Gram.

    Where all rows are 0 there is nothing to hold back, and any λ gives the same fit.
    """
    noise = _NOISE * float(np.trace(K)) / len(K)
    return np.maximum(np.asarray(relative) * spread / len(K), noise) if noise > 0 else np.ones(len(relative))


def _shifted(K: Vector, lam: float) -> Vector:
    """K + λI. Solved by numpy: SciPy brings a second BLAS thread pool, and the two wait for each other."""
    shifted = K.copy()
    shifted.flat[:: len(K) + 1] += lam
    return shifted
