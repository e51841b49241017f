"""How sure is sure: one temperature for all logits, from labels that were held out.

min_T −Σ log softmax(logits / T)[label] (Guo et al., "On calibration of modern neural networks", 2017)
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

FEWEST = 50  # labels; from fewer, a temperature would be noise

_LOW, _HIGH = 0.05, 20.0
_ROUNDS = 40
_GOLDEN = (math.sqrt(5) - 1) / 2


def temperature_of(logits: Tensor, labels: Tensor) -> float:
    """The temperature of logits `(n, classes)` with labels `(n,)`; 1 where there are too few labels.

    A golden-section search over log T: the sum is convex in 1/T, so that it has one minimum.
    """
    if len(labels) < FEWEST:
        return 1.0

    def loss(log_temperature: float) -> float:
        return float(functional.cross_entropy(logits / math.exp(log_temperature), labels))

    low, high = math.log(_LOW), math.log(_HIGH)
    for _ in range(_ROUNDS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)


@torch.no_grad()
def calibration_error(probabilities: Tensor, labels: Tensor, bins: int = 15) -> float:
    """Mean distance of certainty and accuracy, by bins of certainty."""
    certainty, guess = probabilities.max(1)
    right = (guess == labels).float()
    which = (certainty * bins).long().clamp_max(bins - 1)
    off = torch.zeros(bins).index_add(0, which, right - certainty)
    return float(off.abs().sum() / len(labels))
