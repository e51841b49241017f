"""The numeric head: logistic regression on standardised clues, classes balanced."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ipo.mail.clues import Matrix

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NumericHead:
    """`z = Σ coefficients · (clue − mean) / scale + intercept`."""

    mean: Floats  # (clues,)
    scale: Floats  # (clues,)
    coefficients: Floats  # (clues,)
    intercept: float

    def contributions(self, clues: Matrix) -> Floats:
        """What each clue adds to the logit, `(n, clues)`."""
        return np.asarray((clues - self.mean) / self.scale * self.coefficients)

    def logit(self, clues: Matrix) -> Floats:
        """`(n,)`."""
        return np.asarray(self.contributions(clues).sum(1) + self.intercept)


def fit_numeric_head(clues: Matrix, spam: NDArray[np.bool_], C: float, max_iter: int) -> NumericHead:
    """Learn from `(n, clues)` and their classes. A clue that never varies has no say."""
    values = clues.astype(np.float64)
    mean, scale = values.mean(0), values.std(0)
    scale[scale == 0] = 1.0
    model = LogisticRegression(C=C, class_weight="balanced", max_iter=max_iter)
    model.fit((values - mean) / scale, spam)
    return NumericHead(mean, scale, model.coef_[0].astype(np.float64), float(model.intercept_[0]))
