"""Where the gate of the guardrail helps most, seen from the *tune* part."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ipo.mail.model.guardrail import GuardParams, combine

Floats = NDArray[np.float64]

LOWEST, HIGHEST, STEP = 0.30, 0.90, 0.01


@dataclass(frozen=True, eq=False)
class CenterChoice:
    """The centre that was chosen, and what each would have given on *tune*."""

    center: float
    centers: Floats  # (c,)
    corrected: NDArray[np.int64]  # (c,) decisions that became right, less those that became wrong
    brier_gain: Floats  # (c,) how much less the mean squared error of the probability is
    consulted: NDArray[np.int64]  # (c,) mails in the band


def auto_select_assist_center(
    p_text: Floats,
    numeric_logit: Floats,
    clues_present: NDArray[np.bool_],
    spam: NDArray[np.bool_],
    guard: GuardParams,
    threshold: float,
) -> CenterChoice:
    """The centre with most gain; of equals the one nearest to the threshold.

    Gain is the mean squared error of the probability that is saved, or where the probability stays, as with
    shifted thresholds, the share of decisions that are corrected. Decisions alone are too few to choose by:
    the band has a handful of mails. Where asking the clues helps nowhere, it is the threshold.
    """
    count = round((HIGHEST - LOWEST) / STEP) + 1
    centers = np.round(np.linspace(LOWEST, HIGHEST, count), 2)
    right = (p_text >= threshold) == spam
    error = np.square(p_text - spam)
    corrected, gains, consulted = [], [], []
    for center in centers:
        moved = replace(guard, assist_center=float(center))
        guarded = combine(p_text, numeric_logit, clues_present, moved, threshold)
        corrected.append(int((guarded.spam == spam).sum() - right.sum()))
        gains.append(float((error - np.square(guarded.probability - spam)).sum()) / max(1, len(spam)))
        consulted.append(int(guarded.consulted.sum()))
    shifted = guard.combine_strategy == "threshold_shift"
    gain = np.array(corrected) / max(1, len(spam)) if shifted else np.array(gains)
    best = max(range(count), key=lambda place: (gain[place], -abs(centers[place] - threshold)))
    helps = gain[best] > 0
    chosen = float(centers[best]) if helps else float(np.clip(threshold, LOWEST, HIGHEST))
    return CenterChoice(chosen, centers, np.array(corrected), np.array(gains), np.array(consulted))
