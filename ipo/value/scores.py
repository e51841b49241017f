"""Held-out scores of a value model, with intervals and the majority baseline."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from ipo.proportions import Proportion, Z

_HALVINGS = 40  # until an end of an interval is found


@dataclass(frozen=True)
class Score:
    """How well held-out predictions agree with labels."""

    accuracy: Proportion
    auc: float
    auc_interval: tuple[float, float]  # 95 %
    baseline: float  # accuracy of always saying the majority label

    @property
    def auc_interval_text(self) -> str:
        low, high = self.auc_interval
        return f"{low:.2f}–{high:.2f}"

    @property
    def beats_majority(self) -> bool:
        """Whether more is known than which label is the more frequent one."""
        return self.accuracy.share > self.baseline


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
    """Score predictions `(n,)` (above 0 means Good) against labels ±1 `(n,)`, both labels present."""
    n, good = len(y), int((y > 0).sum())
    auc = float(roc_auc_score(y > 0, predicted))
    return Score(
        accuracy=Proportion(int(((predicted > 0) == (y > 0)).sum()), n),
        auc=auc,
        auc_interval=(_auc_bound(auc, 0, good, n - good), _auc_bound(auc, 1, good, n - good)),
        baseline=max(good, n - good) / n,
    )


def _auc_bound(auc: float, end: float, good: int, bad: int) -> float:
    """The AUC θ farthest towards `end` with (AUC − θ)² ≤ z² V(θ): a score interval, as Wilson's.

    Newcombe, Statistics in Medicine 25 (2006), method 5; V is Hanley and McNeil's (1982), for classes alike.
    """
    more = (good + bad) / 2 - 1
    inside, outside = auc, end
    for _ in range(_HALVINGS):
        bound = (inside + outside) / 2
        odds = 1 + more * ((1 - bound) / (2 - bound) + bound / (1 + bound))
        if (auc - bound) ** 2 <= Z**2 * bound * (1 - bound) * odds / (good * bad):
            inside = bound
        else:
            outside = bound
    return inside
