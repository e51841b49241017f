"""The whole decision about a mail: text head, calibration, clues, guardrail, threshold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.mail.clues import Matrix, present
from ipo.mail.embedding.protocol import Encoded
from ipo.mail.model.calibration import Calibration
from ipo.mail.model.guardrail import GuardParams, combine
from ipo.mail.model.numeric_head import NumericHead
from ipo.mail.model.text_head import TextHead

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """What a model says of `n` mails."""

    text_logit: Floats  # (n,) before calibration
    p_text: Floats  # (n,) calibrated
    numeric_logit: Floats  # (n,) before it is capped
    p_numeric: Floats  # (n,) after
    probability: Floats  # (n,) after the guardrail
    threshold: Floats  # (n,)
    consulted: NDArray[np.bool_]  # (n,)

    @property
    def spam(self) -> NDArray[np.bool_]:
        return self.probability >= self.threshold

    def rows(self, rows: NDArray[np.int64]) -> "Scores":
        return Scores(
            self.text_logit[rows],
            self.p_text[rows],
            self.numeric_logit[rows],
            self.p_numeric[rows],
            self.probability[rows],
            self.threshold[rows],
            self.consulted[rows],
        )


@dataclass(frozen=True, eq=False)
class SpamModel:
    """Immutable; scores of a mail do not depend on the mails beside it."""

    text_head: TextHead
    calibration: Calibration
    numeric_head: NumericHead
    guard: GuardParams  # with the centre that is used
    threshold: float

    def score(self, encoded: Encoded, clues: Matrix) -> Scores:
        """Scores of encoded learning texts and `(n, clues)`."""
        text_logit = self.text_head.logit(encoded)
        p_text = self.calibration.probability(text_logit)
        numeric_logit = self.numeric_head.logit(clues)
        guarded = combine(p_text, numeric_logit, present(clues), self.guard, self.threshold)
        return Scores(
            text_logit,
            p_text,
            numeric_logit,
            guarded.p_numeric,
            guarded.probability,
            guarded.threshold,
            guarded.consulted,
        )
