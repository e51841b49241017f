"""Calibration of logits, fitted on the *tune* part.

*sigmoid* (Platt 1999): `p = σ(slope · z + offset)`. *beta* (Kull et al. 2017), with σ(z) = q:
`p = σ(a · ln q − b · ln(1 − q) + c)`, which may bend each end for itself. *isotonic* (Zadrozny & Elkan 2002):
whatever never falls, straight between its corners.

Each is fitted to Platt's smoothed targets (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2) instead of 1 and 0, so that a few
mails that are told apart without an error do not give certainty. The first two are smooth and rising: mails
keep their order, and the uncertainty band keeps its members. Isotonic gives many mails one probability, and
needs many mails to be trusted.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression

Floats = NDArray[np.float64]
CalibrationMethod = Literal["sigmoid", "beta", "isotonic"]

LEAST_ISOTONIC = 1_000  # mails that it is fitted on
_LEAST_SLOPE = 1e-3


class Calibration(Protocol):
    """Turns a logit into a probability that never falls where the logit rises."""

    def probability(self, logits: Floats) -> Floats: ...

    def logit_at(self, probability: float) -> float:
        """The least logit that is turned into this probability or more; infinite where none or all are."""


@dataclass(frozen=True)
class SigmoidCalibration:
    """The default leaves a probability as it is."""

    slope: float = 1.0
    offset: float = 0.0

    def probability(self, logits: Floats) -> Floats:
        return np.asarray(expit(self.slope * logits + self.offset), np.float64)

    def logit_at(self, probability: float) -> float:
        return float((logit(probability) - self.offset) / self.slope)


@dataclass(frozen=True)
class BetaCalibration:
    """`a` bends the end of safe mails, `b` that of spam; both are above 0."""

    a: float
    b: float
    c: float

    def probability(self, logits: Floats) -> Floats:
        return np.asarray(expit(self._logits(logits)), np.float64)

    def logit_at(self, probability: float) -> float:
        wanted, reach = float(logit(probability)), 1.0
        while not self._value(-reach) < wanted < self._value(reach):
            reach *= 2
        return float(brentq(lambda z: self._value(z) - wanted, -reach, reach, xtol=1e-12))

    def _value(self, z: float) -> float:
        return float(self._logits(np.array([z]))[0])

    def _logits(self, logits: Floats) -> Floats:
        return np.asarray(_beta_columns(logits) @ np.array([self.a, self.b, self.c]))


@dataclass(frozen=True, eq=False)
class IsotonicCalibration:
    """Corners of a line that never falls; it goes on level beyond both ends."""

    logits: Floats  # (k,) rising
    probabilities: Floats  # (k,) never falling

    def probability(self, logits: Floats) -> Floats:
        return np.asarray(np.interp(logits, self.logits, self.probabilities))

    def logit_at(self, probability: float) -> float:
        corner = int(np.searchsorted(self.probabilities, probability))
        if corner == 0:
            return -np.inf
        if corner == len(self.logits):
            return np.inf
        (left, right), (low, high) = (v[corner - 1 : corner + 1] for v in (self.logits, self.probabilities))
        return float(left + (right - left) * (probability - low) / (high - low))


def fit_calibration(
    logits: Floats, spam: NDArray[np.bool_], method: CalibrationMethod = "sigmoid"
) -> Calibration:
    """For `(n,)` logits of known class; one that changes nothing where a class is missing."""
    positives, negatives = int(spam.sum()), int((~spam).sum())
    if not positives or not negatives:
        return SigmoidCalibration()
    targets = np.where(spam, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    if method == "isotonic":
        fitted = IsotonicRegression().fit(logits, targets)
        return IsotonicCalibration(fitted.X_thresholds_, fitted.y_thresholds_)
    if method == "beta":
        return BetaCalibration(*_most_likely(_beta_columns(logits), targets))
    return SigmoidCalibration(*_most_likely(np.column_stack([logits, np.ones_like(logits)]), targets))


def _beta_columns(logits: Floats) -> Floats:
    """ln q, −ln(1 − q) and 1 for q = σ(z), `(n, 3)`."""
    return np.column_stack([-np.logaddexp(0, -logits), np.logaddexp(0, logits), np.ones_like(logits)])


def _most_likely(columns: Floats, targets: Floats) -> list[float]:
    """θ for which `σ(columns · θ)` makes the targets `(n,)` likeliest; all but the last are above 0."""
    slopes = columns.shape[1] - 1

    def loss(theta: Floats) -> tuple[float, Floats]:
        scores = columns @ theta
        value = np.logaddexp(0, scores) - targets * scores
        return float(value.mean()), np.asarray((expit(scores) - targets) @ columns / len(targets))

    bounds = [(_LEAST_SLOPE, None)] * slopes + [(None, None)]
    found = minimize(loss, np.array([1.0] * slopes + [0.0]), jac=True, method="L-BFGS-B", bounds=bounds)
    return [float(value) for value in found.x]
