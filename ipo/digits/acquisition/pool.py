"""All images as a model sees them, and which of them may be suggested."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.digits.labels.store import NONE, Values
from ipo.digits.predictions import Predictions
from ipo.digits.spectral import Floats, unit_rows

Rows = NDArray[np.int64]

MANY_LABELS = 200  # from which held-out images are suggested too: before, every label is needed to teach


@dataclass(frozen=True, eq=False)
class Pool:
    """All images as a model sees them, and what is labelled. Nobody writes to the arrays."""

    features: Floats  # (n, F), rows of length 1: see `unit_rows`
    probabilities: Floats  # (n, classes)
    labels: Values  # (n,), NONE where nobody said
    allowed: NDArray[np.bool_]  # (n,), whether an image may be suggested

    @property
    def classes(self) -> int:
        return int(self.probabilities.shape[1])

    @property
    def labelled(self) -> Rows:
        return np.flatnonzero(self.labels != NONE)

    @property
    def candidates(self) -> Rows:
        return np.flatnonzero(self.allowed & (self.labels == NONE))


def suggestion_pool(predictions: Predictions, codes: Values, held_out: Rows) -> Pool:
    """The pool of a model's predictions; `held_out` rows are never taught, and wait while labels are few.

    `codes` `(n,)` are labels, `NONE`, or below for images that nobody is to be asked about.
    """
    labels = np.maximum(codes, NONE)
    allowed = codes >= NONE
    if np.count_nonzero(labels != NONE) < MANY_LABELS:
        allowed[held_out] = False
    return Pool(unit_rows(predictions.features), predictions.probabilities, labels, allowed)
