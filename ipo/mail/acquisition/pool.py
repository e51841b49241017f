"""All mails as they are to be chosen from: where they lie, which are the same, what is labelled."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from ipo.mail.embedding.protocol import Vectors
from ipo.mail.mails import NONE, SAFE, SPAM
from ipo.mail.model.spam_model import Scores

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

_LEAST_P = 1e-6


@dataclass(frozen=True, eq=False)
class MailPool:
    """One row a mail. Nobody writes to the arrays."""

    vectors: Vectors  # (n, dimension), rows of length 1
    groups: NDArray[np.int32]  # (n,) near-duplicates share a number
    labels: NDArray[np.int8]  # (n,) SAFE, SPAM, NONE or UNSURE
    margins: Floats | None  # (n,) see `decision_margins`; `None` without a model

    @property
    def labelled(self) -> Rows:
        return np.flatnonzero((self.labels == SAFE) | (self.labels == SPAM))

    @property
    def candidates(self) -> Rows:
        """Mails without a label: one of each group, and none whose near-duplicate somebody has seen."""
        seen = np.unique(self.groups[self.labels != NONE])
        rows = np.flatnonzero((self.labels == NONE) & ~np.isin(self.groups, seen))
        _, first = np.unique(self.groups[rows], return_index=True)
        return rows[np.sort(first)]


def decision_margins(scores: Scores) -> Floats:
    """How far each mail is from its threshold, in logits `(n,)`; above 0 it is spam."""
    return np.asarray(_logit(scores.probability) - _logit(scores.threshold))


def _logit(p: Floats) -> Floats:
    return np.asarray(logit(np.clip(p, _LEAST_P, 1 - _LEAST_P)))
