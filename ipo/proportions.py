"""So many of so many: a share is never without the interval that its number of trials allows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]

Z = 1.959963984540054  # 95 %, two-sided
_FEW = 100  # trials below which their number is said


def percent(share: float, decimals: int = 0, *, signed: bool = False) -> str:
    """`75 %` of 0.75, as it stands everywhere: with a space that no line ends at."""
    return f"{100 * share:{'+' if signed else ''}.{decimals}f}\u00a0%"


@dataclass(frozen=True)
class Proportion:
    """`successes` of `trials` with the 95 % Wilson interval, at least one trial; `95 % (84–99 %, n = 40)`."""

    successes: int
    trials: int

    @property
    def share(self) -> float:
        return self.successes / self.trials

    @property
    def interval(self) -> tuple[float, float]:
        low, high = wilson(self.successes, self.trials)
        return float(low), float(high)

    @property
    def share_text(self) -> str:
        """`95 %`; with decimals where there are enough trials to tell them apart."""
        return f"{100 * self.share:.{self._decimals}f}\u00a0%"

    @property
    def interval_text(self) -> str:
        """`84–99 %, n = 40`; the number of trials where they are few."""
        low, high = (f"{100 * end:.{self._decimals}f}" for end in self.interval)
        number = f", n\u00a0=\u00a0{self.trials:d}" if self.trials < _FEW else ""
        return f"{low}–{high}\u00a0%{number}"

    @property
    def _decimals(self) -> int:
        return (len(str(self.trials)) - 1) // 2

    def __str__(self) -> str:
        return f"{self.share_text} ({self.interval_text})"


def wilson(successes: ArrayLike, trials: ArrayLike) -> tuple[Vector, Vector]:
    """95 % score intervals of proportions `(…)`, each `(…)`. Wilson, J. Am. Stat. Assoc. 22 (1927)."""
    n = np.asarray(trials, np.float64)
    share = np.asarray(successes, np.float64) / n
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return np.clip(middle - half, 0, share), np.clip(middle + half, share, 1)
