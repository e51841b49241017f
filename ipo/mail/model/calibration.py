"""Platt's calibration of logits, with his smoothed targets, fitted on the *tune* part.

`p = σ(slope · z + offset)`, which maximises the likelihood of targets (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2)
instead of 1 and 0 (Platt 1999), so that a few mails that are told apart without an error do not give
certainty. It is smooth and rising: mails keep their order, and the uncertainty band keeps its members.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

Floats = NDArray[np.float64]

_LEAST_SLOPE = 1e-3


@dataclass(frozen=True)
class Calibration:
    """Turns a logit into a probability. The default leaves it as it is."""

    slope: float = 1.0
    offset: float = 0.0

    def probability(self, logits: Floats) -> Floats:
        return np.asarray(expit(self.slope * logits + self.offset), np.float64)

    def logit_at(self, probability: float) -> float:
        """The logit that is turned into this probability."""
        return float((logit(probability) - self.offset) / self.slope)


def fit_calibration(logits: Floats, spam: NDArray[np.bool_]) -> Calibration:
    """Slope and offset for `(n,)` logits of known class; the default where a class is missing."""
    positives, negatives = int(spam.sum()), int((~spam).sum())
    if not positives or not negatives:
        return Calibration()
    targets = np.where(spam, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(parameters: Floats) -> tuple[float, Floats]:
        scores = parameters[0] * logits + parameters[1]
        residuals = expit(scores) - targets
        value = np.logaddexp(0, scores) - targets * scores
        return float(value.mean()), np.array([(residuals * logits).mean(), residuals.mean()])

    found = minimize(
        loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(_LEAST_SLOPE, None), (None, None)]
    )
    return Calibration(float(found.x[0]), float(found.x[1]))
