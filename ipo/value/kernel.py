"""Kernels of a value: straight, or with a curved part that reads a few fixed coordinates of each row.

κ(x, x′) = x·x′ + σ²·exp(−‖u − u′‖²/w), u = xP of m coordinates with unit variance under the prior. They are
fixed, unlike principal scores, which turn with every row: what two rows have in common never changes, so
that a border by one row is exact. σ² = s·τ, τ the mean diagonal of the linear Gram matrix, and w = 2ℓ²m, ℓ in
units of the distance of two usual draws. A difference of two rows has two points u; its κ is the sum over
both points of both sides, with their signs.
Rasmussen & Williams, Gaussian Processes for Machine Learning, ch. 2.7 and 4.2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.value.gram import Vector

Points = NDArray[np.float32]  # (n, 2, m): u of a row and NaN, or u of both sides of a difference


@dataclass(frozen=True)
class Kernel:
    """Which κ: without an amplitude x·x′ alone."""

    amplitude: float = 0.0  # σ²
    width: float = 1.0  # w

    @property
    def curved(self) -> bool:
        return self.amplitude > 0

    def between(self, left: Points, right: Points) -> Vector:
        """The curved part of κ between points `(n, 2, m)` and `(k, 2, m)`: `(n, k)`."""
        K = self._bumps(left[:, 0], right[:, 0])
        pairs, others = _differences(left), _differences(right)
        if others.size:
            K[:, others] -= self._bumps(left[:, 0], right[others, 1])
        if pairs.size:
            K[pairs] -= self._bumps(left[pairs, 1], right[:, 0])
        if pairs.size and others.size:
            K[np.ix_(pairs, others)] += self._bumps(left[pairs, 1], right[others, 1])
        return K

    def own(self, points: Points) -> Vector:
        """The curved part of κ of each of the points `(n, 2, m)` with itself: `(n,)`."""
        K = np.full(len(points), self.amplitude)
        pairs = _differences(points)
        apart = np.square(points[pairs, 0].astype(np.float64) - points[pairs, 1]).sum(1)
        K[pairs] = 2 * self.amplitude * -np.expm1(-apart / self.width)
        return K

    def slope(self, u: NDArray[np.float32], points: Points, a: Vector) -> Vector:
        """Gradients `(n, m)` at u `(n, m)` of the value Σⱼaⱼκ(·, j) over the points `(k, 2, m)`, a `(k,)`."""
        total = np.zeros(u.shape)
        pairs = _differences(points)
        for side, weight in ((points[:, 0], a), (points[pairs, 1], -a[pairs])):
            pull = self._bumps(u, side) * weight  # (n, k)
            total += pull @ side - pull.sum(1)[:, None] * u
        return total * (2 / self.width)

    def _bumps(self, left: NDArray[np.float32], right: NDArray[np.float32]) -> Vector:
        return bumps(squared_distances(left, right), self.amplitude, self.width)


@dataclass(frozen=True)
class KernelChoice:
    """A kernel, and the mean squared leave-one-out residuals that speak for it; NaN where none were."""

    kernel: Kernel
    straight: float = float("nan")  # of the straight kernel
    curved: float = float("nan")  # of the best curved one
    rows: int = 0  # that were compared

    @property
    def gain(self) -> float:
        """By which share of the straight kernel's error the curved one's is lower."""
        return 1 - self.curved / self.straight


def bumps(square: Vector, amplitude: float, width: float) -> Vector:
    """σ²·exp(−d²/w) of squared distances."""
    K = square * (-1 / width)
    np.exp(K, out=K)
    K *= amplitude
    return K


def squared_distances(left: NDArray[np.float32], right: NDArray[np.float32]) -> Vector:
    """‖u − u′‖² `(n, k)` between `(n, m)` and `(k, m)`."""
    a, b = left.astype(np.float64), right.astype(np.float64)
    square = np.square(a).sum(1)[:, None] + np.square(b).sum(1) - 2 * a @ b.T
    return np.asarray(np.maximum(square, 0, out=square), np.float64)


def as_points(u: NDArray[np.float32]) -> Points:
    """Coordinates of rows `(n, m)` as points `(n, 2, m)`."""
    return np.stack([u, np.full_like(u, np.nan)], axis=1)


def _differences(points: Points) -> NDArray[np.intp]:
    return np.flatnonzero(~np.isnan(points[:, 1, :1]).any(1))
