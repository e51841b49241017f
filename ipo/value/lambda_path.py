"""How the leave-one-out error of ridge depends on λ, for all λ of a path from one eigendecomposition.

Golub, Heath & Wahba, Technometrics 21 (1979).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.value.gram import Vector, centred
from ipo.value.ridge import absolute_lambdas, can_be_held_out

PATH = np.logspace(-4, 2, 25)  # relative λ to choose from
DEFAULT = 1.0  # relative λ where nothing tells: noise of a label as large as the spread of values

_TIED = 1e-6  # relative accuracy of a leave-one-out error


@dataclass(frozen=True, eq=False)
class LambdaPath:
    """How leave-one-out error depends on λ."""

    relative: Vector  # (p,)
    errors: Vector  # (p,) mean squared leave-one-out residual; all NaN where nothing can be held out

    @property
    def known(self) -> bool:
        """Whether there is anything to choose by."""
        return bool(np.isfinite(self.errors).all())

    @property
    def flat(self) -> bool:
        """Whether the errors tell no λ from another, so that the default is the best."""
        return not self.known or bool(np.ptp(self.errors) <= _TIED * self.errors.min())

    @property
    def best(self) -> float:
        """The λ with the lowest error; of several, the one nearest to the default, in decades."""
        lowest = (
            self.relative[self.errors <= self.errors.min() * (1 + _TIED)] if self.known else self.relative
        )
        return float(lowest[np.argmin(np.abs(np.log(lowest / DEFAULT)))])


def lambda_path(
    K: Vector, y: NDArray[np.float32], relative: Vector = PATH, constant: Vector | None = None
) -> LambdaPath:
    """Exact leave-one-out errors for every relative λ from one eigendecomposition of the centred Gram.

    With PKP = V diag(s) Vᵀ and F = λ/(s + λ) `(n, p)`, one column per λ: λMy = V(F ∘ Vᵀy) and
    diag(λM) = (V ∘ V)F − e²/eᵀe. Rows that cannot be held out have no say.
    """
    e = np.ones(len(y)) if constant is None else constant
    unit = e / max(float(np.linalg.norm(e)), 1.0)
    target = np.asarray(y, np.float64)
    able = can_be_held_out(e)
    if not able.any():
        return LambdaPath(np.asarray(relative), np.full(len(relative), np.nan))
    spread = centred(K, constant)
    lam = absolute_lambdas(K, float(np.trace(spread)), relative)  # (p,)
    values, vectors = np.linalg.eigh(spread)
    F = lam / (np.maximum(values, 0)[:, None] + lam)
    along = vectors.T @ (target - unit * (unit @ target))
    residuals = vectors @ (F * along[:, None])
    leverage_left = (vectors**2) @ F - (unit**2)[:, None]
    errors = np.mean((residuals[able] / leverage_left[able]) ** 2, axis=0)
    return LambdaPath(np.asarray(relative), errors)
