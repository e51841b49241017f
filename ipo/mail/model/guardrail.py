"""The guardrail: clues are asked only where the text alone leaves doubt.

The gate is open where `|p_text − assist_center| ≤ uncertainty_band`. There either *blend*, `p = (1 −
s)·p_text + s·σ(clip(z_num, −cap, cap))` with s = numeric_scale, or *threshold_shift*: p stays, and the
threshold moves by the sum of the shifts of the clues that are present, within [0.05, 0.95]. Elsewhere the
text decides alone. The decision is `p ≥ threshold` everywhere; the centre only gates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ipo.mail.clues import CLUE_NAMES, DEFAULT_SHIFTS

CenterMode = Literal["auto", "manual"]
Strategy = Literal["blend", "threshold_shift"]
Floats = NDArray[np.float64]

LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 0.05, 0.95
_ROUNDING = 1e-12  # so that a band of 0.08 about 0.60 has 0.52 and 0.68 in it


@dataclass(frozen=True)
class GuardParams:
    """How the gate is set."""

    assist_center_mode: CenterMode = "auto"
    assist_center: float = 0.60
    uncertainty_band: float = 0.08
    numeric_scale: float = 0.5
    numeric_logit_cap: float = 1.0
    combine_strategy: Strategy = "blend"
    shifts: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_SHIFTS))


@dataclass(frozen=True, eq=False)
class Guarded:
    """What was decided, of each mail."""

    p_numeric: Floats  # (n,) with the capped logit
    probability: Floats  # (n,)
    threshold: Floats  # (n,)
    consulted: NDArray[np.bool_]  # (n,) whether the clues were asked

    @property
    def spam(self) -> NDArray[np.bool_]:
        return self.probability >= self.threshold


def in_band(p_text: Floats, guard: GuardParams) -> NDArray[np.bool_]:
    """Whether the gate is open, of each mail."""
    return np.abs(p_text - guard.assist_center) <= guard.uncertainty_band + _ROUNDING


def combine(
    p_text: Floats,
    numeric_logit: Floats,
    clues_present: NDArray[np.bool_],
    guard: GuardParams,
    threshold: float,
) -> Guarded:
    """Probability, threshold and gate of `n` mails; `clues_present` is `(n, clues)`."""
    consulted = in_band(p_text, guard)
    p_numeric = expit(np.clip(numeric_logit, -guard.numeric_logit_cap, guard.numeric_logit_cap))
    thresholds = np.full(len(p_text), threshold)
    if guard.combine_strategy == "threshold_shift":
        shifts = np.array([guard.shifts.get(name, 0.0) for name in CLUE_NAMES])
        shifted = np.clip(threshold + clues_present @ shifts, LOWEST_THRESHOLD, HIGHEST_THRESHOLD)
        return Guarded(p_numeric, p_text, np.where(consulted, shifted, thresholds), consulted)
    blended = (1 - guard.numeric_scale) * p_text + guard.numeric_scale * p_numeric
    return Guarded(p_numeric, np.where(consulted, blended, p_text), thresholds, consulted)
