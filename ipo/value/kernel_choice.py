"""Straight or curved? The kernel whose leave-one-out error, at its best λ, is the lowest.

A curved one must be better by a margin, so that straight tastes do not pay for its freedom. Each of the nine
kernels takes an eigendecomposition: with many rows the newest ones decide, which the choice says.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ipo.value.gram import Vector
from ipo.value.kernel import Kernel, KernelChoice, Points
from ipo.value.lambda_path import PATH, lambda_path

AUTO, STRAIGHT, CURVED = "auto", "straight", "curved"
KERNELS = (AUTO, STRAIGHT, CURVED)

SHARES = (0.5, 2.0, 8.0, 32.0)  # s, of the curved part beside the straight one
LENGTHS = (0.5, 1.0)  # ℓ; shorter, and no row tells of another
MARGIN = 0.01  # by which a curved kernel must have the lower error
FEWEST = 12  # rows that can tell
MOST = 400  # rows that are asked


def choose_kernel(
    K: Vector,
    y: NDArray[np.float32],
    constant: Vector,
    points: Points | None,
    shape: str = AUTO,
    relative: float | None = None,
) -> KernelChoice:
    """The kernel for rows with the linear Gram matrix K `(n, n)`, labels y `(n,)` and points `(n, 2, m)`.

    `constant` `(n,)` is 1 for a row and 0 for a difference of two. `shape` is one of `KERNELS`; `relative` is
    λ where it is not to be chosen. Without points, and with too few rows, the straight kernel is taken.
    """
    if points is None or shape == STRAIGHT or len(y) < FEWEST:
        return KernelChoice(Kernel())
    newest = slice(max(0, len(y) - MOST), None)
    K, y, constant, points = K[newest, newest], y[newest], constant[newest], points[newest]
    lambdas = PATH if relative is None else np.array([relative])
    straight = _lowest(K, y, constant, lambdas)
    errors = {
        kernel: _lowest(K + curved, y, constant, lambdas) for kernel, curved in _curved(K, constant, points)
    }
    best = min(errors, key=lambda kernel: errors[kernel], default=Kernel())
    wins = best.curved and (shape == CURVED or errors[best] <= (1 - MARGIN) * straight)
    return KernelChoice(best if wins else Kernel(), straight, errors.get(best, straight), len(y))


def chosen_gram(
    K: Vector,
    y: NDArray[np.float32],
    points: Points | None,
    shape: str = AUTO,
    relative: float | None = None,
) -> Vector:
    """The Gram matrix `(n, n)` of the kernel that rows, none of them a difference, choose: see above."""
    kernel = choose_kernel(K, y, np.ones(len(y)), points, shape, relative).kernel
    return K + kernel.between(points, points) if points is not None and kernel.curved else K


def _curved(K: Vector, constant: Vector, points: Points) -> Iterator[tuple[Kernel, Vector]]:
    """Every curved kernel, and its part of the Gram matrix; none where all rows are 0."""
    tau = float(np.mean(K.diagonal() / np.where(constant, 1, 2)))
    if not tau > 0:
        return
    for length in LENGTHS:
        unit = Kernel(1.0, 2 * length**2 * points.shape[2])
        part = unit.between(points, points)
        for share in SHARES:
            yield Kernel(share * tau, unit.width), share * tau * part


def _lowest(K: Vector, y: NDArray[np.float32], constant: Vector, relative: Vector) -> float:
    errors = lambda_path(K, y, relative, constant).errors
    return float(errors.min()) if np.isfinite(errors).all() else float("inf")
