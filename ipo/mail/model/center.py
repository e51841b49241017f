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
    gain: Floats  # (c,) mean squared error that is saved; with shifted thresholds the share of decisions
    gain_error: Floats  # (c,) its standard error
    consulted: NDArray[np.int64]  # (c,) mails in the band


def auto_select_assist_center(
    p_text: Floats,
    numeric_logit: Floats,
    clues_present: NDArray[np.bool_],
    spam: NDArray[np.bool_],
    guard: GuardParams,
    threshold: float,
) -> CenterChoice:
    """The centre with most gain less its standard error; of equals the one nearest to the threshold.

    Gain is the mean squared error of the probability that is saved, or where the probability stays, as with
    shifted thresholds, the share of decisions that are corrected. The band has a handful of mails: without
    the error, the largest gain would be mostly luck. Where the clues help nowhere, it is the centre where
    they do least harm.
    """
    count = round((HIGHEST - LOWEST) / STEP) + 1
    centers = np.round(np.linspace(LOWEST, HIGHEST, count), 2)
    right = (p_text >= threshold) == spam
    error = np.square(p_text - spam)
    corrected, gains, consulted = [], [], []
    for center in centers:
        moved = replace(guard, assist_center=float(center))
        guarded = combine(p_text, numeric_logit, clues_present, moved, threshold)
        changes = (guarded.spam == spam).astype(float) - right
        shifted = guard.combine_strategy == "threshold_shift"
        corrected.append(int(changes.sum()))
        gains.append(changes if shifted else error - np.square(guarded.probability - spam))
        consulted.append(int(guarded.consulted.sum()))
    each = np.array(gains)  # (c, n)
    mails = max(1, len(spam))
    gain, gain_error = each.sum(1) / mails, each.std(1) / np.sqrt(mails) if len(spam) else np.zeros(count)
    sure = gain - gain_error
    best = max(range(count), key=lambda place: (sure[place], -abs(centers[place] - threshold)))
    return CenterChoice(
        float(centers[best]), centers, np.array(corrected), gain, gain_error, np.array(consulted)
    )
