"""How good the model is by its held-out labels: by class, and as it went with more and more labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ipo.digits.epoch_metrics import EpochMetrics, held_out_accuracy
from ipo.digits.labels.csv_file import NONE, Values
from ipo.digits.runs import RunRecord
from ipo.proportions import Proportion

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Milestone:
    """Held-out accuracy at the end of a stretch of training with the same labels."""

    run: int
    epoch: int
    labels: int  # that taught
    accuracy: Proportion
    first_of_model: bool  # whether the model before it is another one


@dataclass(frozen=True, eq=False)
class HeldOutLabels:
    """Held-out images with a label, of which the model says something."""

    rows: Rows  # (m,)
    labels: Values  # (m,)
    predicted: NDArray[np.int8]  # (m,)

    @property
    def accuracy(self) -> Proportion | None:
        """`None` where there are none."""
        if not len(self.rows):
            return None
        return Proportion(int((self.labels == self.predicted).sum()), len(self.rows))

    def confusion(self, classes: int) -> NDArray[np.int64]:
        """How many images with a label (row) were predicted to be of a class (column) `(K, K)`."""
        counts = np.zeros((classes, classes), np.int64)
        np.add.at(counts, (self.labels, self.predicted), 1)
        return counts

    def cell(self, label: int, predicted: int) -> Rows:
        """The images of a cell of the confusion matrix."""
        rows: Rows = self.rows[(self.labels == label) & (self.predicted == predicted)]
        return rows


def held_out_labels(values: Values, held_out: Rows, probabilities: NDArray[np.float32]) -> HeldOutLabels:
    """Of labels `(n,)` and predictions `(n, K)`, what measures the model: it never learned from these."""
    said = np.isfinite(probabilities[held_out]).all(1)
    rows = np.sort(held_out[said & (values[held_out] != NONE)])
    return HeldOutLabels(rows, values[rows], probabilities[rows].argmax(1).astype(np.int8))


def milestones(runs: Iterable[RunRecord]) -> tuple[Milestone, ...]:
    """The last epoch of each stretch with the same labels, oldest first, where it was measured."""
    found: list[Milestone] = []
    anew = True
    for run in sorted(runs, key=lambda run: run.number):
        anew = anew or run.from_step == 0
        for epoch in _last_of_stretches(run.history):
            accuracy = held_out_accuracy(epoch.val)
            if accuracy is not None:
                found.append(Milestone(run.number, epoch.epoch, epoch.labels, accuracy, anew))
                anew = False
    return tuple(found)


def _last_of_stretches(history: Sequence[EpochMetrics]) -> list[EpochMetrics]:
    return [list(stretch)[-1] for _, stretch in groupby(history, key=lambda epoch: epoch.labels)]
