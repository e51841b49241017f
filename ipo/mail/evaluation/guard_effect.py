"""Does the guardrail help? The difference that it makes on *test*, paired mail by mail."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.mail.evaluation.metrics import Metric, Resamples, f1

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class GuardEffect:
    """F1 with the guardrail less F1 of the text alone."""

    delta: Metric
    mails: int
    consulted: int  # mails whose clues were asked
    corrected: int  # decisions that became right
    spoilt: int  # decisions that became wrong

    @property
    def measurable(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.delta.low > 0 or self.delta.high < 0

    @property
    def sentence(self) -> str:
        """What it did, in words."""
        asked = f"The guardrail consulted {self.consulted:,} of {self.mails:,} mails"
        if not self.consulted:
            return f"{asked}: no measurable effect."
        change = f"changed F1 by {self.delta.value:+.3f} [{self.delta.low:+.3f}, {self.delta.high:+.3f}]"
        return f"{asked} and {change}{'' if self.measurable else ': no measurable effect'}."


def measure_guard_effect(
    spam: Flags, by_text: Flags, guarded: Flags, consulted: Flags, resamples: Resamples
) -> GuardEffect:
    """Decisions of `n` mails by text alone and with the guardrail."""
    delta = resamples.metric(lambda weights: f1(spam, guarded, weights) - f1(spam, by_text, weights))
    right_before, right_after = by_text == spam, guarded == spam
    return GuardEffect(
        delta,
        len(spam),
        int(consulted.sum()),
        int((right_after & ~right_before).sum()),
        int((right_before & ~right_after).sum()),
    )
