"""Held-out scores of a value model, with standard errors and the majority baseline."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold


@dataclass(frozen=True)
class Score:
    """How well held-out predictions agree with labels."""

    accuracy: float
    accuracy_se: float
    auc: float
    auc_se: float
    baseline: float  # accuracy of always saying the majority label
    n: int

    @property
    def beats_majority(self) -> bool:
        """Whether more is known than which label is the more frequent one."""
        return self.accuracy > self.baseline


def enough_to_hold_out(y: NDArray[np.float32]) -> bool:
    """True with at least two rows of either label."""
    return bool(min((y > 0).sum(), (y < 0).sum()) >= 2)


def folds(y: NDArray[np.float32], k: int, seed: int = 0) -> list[NDArray[np.intp]]:
    """Shuffled stratified folds: k arrays of row indices; fewer when the rarer label has fewer rows.

    Raises `ValueError` when one label has fewer than two rows.
    """
    if not enough_to_hold_out(y):
        raise ValueError("Cross-validation needs at least two Good and two Bad rows.")
    rarer = int(min((y > 0).sum(), (y < 0).sum()))
    splitter = StratifiedKFold(min(k, rarer), shuffle=True, random_state=seed)
    return [test for _, test in splitter.split(np.zeros(len(y)), y > 0)]


def score(y: NDArray[np.float32], predicted: NDArray[np.floating]) -> Score:
    """Score predictions `(n,)` (above 0 means Good) against labels ±1 `(n,)`, both labels present.

    Standard errors: binomial for accuracy, Hanley & McNeil (1982) for AUC.
    """
    n, good = len(y), int((y > 0).sum())
    bad = n - good
    accuracy = float(np.mean((predicted > 0) == (y > 0)))
    auc = float(roc_auc_score(y > 0, predicted))
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (auc * (1 - auc) + (good - 1) * (q1 - auc**2) + (bad - 1) * (q2 - auc**2)) / (good * bad)
    return Score(
        accuracy=accuracy,
        accuracy_se=float(np.sqrt(accuracy * (1 - accuracy) / n)),
        auc=auc,
        auc_se=float(np.sqrt(max(0.0, variance))),
        baseline=max(good, bad) / n,
        n=n,
    )
