"""What held-out labels say of the model, and how that went."""

import numpy as np

from ipo.digits.epoch_metrics import EpochMetrics
from ipo.digits.labels.csv_file import NONE
from ipo.digits.runs import Outcome, RunRecord
from ipo.digits.statistics import held_out_labels, milestones
from ipo.proportions import Proportion


def epoch(number: int, labels: int, correct: int | None = None, of: int = 10) -> EpochMetrics:
    val = {} if correct is None else {"accuracy": correct / of, "labels": float(of)}
    return EpochMetrics(number, {"loss": 1.0}, val, {}, labels, 1.0)


def run(number: int, from_step: int, *history: EpochMetrics) -> RunRecord:
    return RunRecord(
        number, "2026-11-30T06:00:00+00:00", 1.0, Outcome.COMPLETE, "", {}, {}, "", "", 0,
        from_step, from_step + 1, history,
    )  # fmt: skip


def test_a_cell_of_the_confusion_matrix_names_its_held_out_images() -> None:
    values = np.array([0, 1, 1, NONE, 1, 0], np.int8)
    probabilities = np.eye(2, dtype=np.float32)[[0, 0, 1, 1, 0, 1]]
    probabilities[5] = np.nan  # the model says nothing of it
    found = held_out_labels(values, np.array([5, 4, 3, 2, 1]), probabilities)
    assert found.confusion(2).tolist() == [[0, 0], [2, 1]]
    assert found.cell(1, 0).tolist() == [1, 4]
    assert found.accuracy == Proportion(1, 3)


def test_without_held_out_labels_there_is_no_accuracy() -> None:
    values = np.full(4, NONE, np.int8)
    assert held_out_labels(values, np.array([1, 2]), np.full((4, 2), 0.5, np.float32)).accuracy is None


def test_each_stretch_with_the_same_labels_is_a_milestone() -> None:
    history = milestones(
        [
            run(2, 5, epoch(3, 20, 9), epoch(4, 30, 10)),
            run(1, 0, epoch(1, 10), epoch(2, 10, 5)),
            run(3, 0, epoch(1, 30, 8)),
        ]
    )
    assert [(one.run, one.labels, one.accuracy.successes) for one in history] == [
        (1, 10, 5),
        (2, 20, 9),
        (2, 30, 10),
        (3, 30, 8),
    ]
    assert [one.first_of_model for one in history] == [True, False, False, True]
