"""Two runs on one scale, and where each of them ended."""

from typing import Any

import numpy as np
import pytest

from ipo.ui.figures.run_comparison import ACCURACY, comparison_figure, smoothed
from tests.unit.ui.figures.test_training import curve, epoch, names

RUNS = [[epoch(1, 0.5)], [epoch(4, 0.8), epoch(5, 0.9)]]


def compared(term: str, smoothing: float = 0.0) -> Any:
    return comparison_figure(["run 1", "run 2"], RUNS, ["stopped", "failed"], term, "a label", smoothing)


def test_accuracies_begin_with_the_run_and_end_with_a_mark() -> None:
    made = compared(ACCURACY)
    assert names(made) == ["run 1", "run 1 stopped", "run 2", "run 2 failed"]
    assert [list(trace.x) for trace in made.data] == [[1], [1], [1, 2], [2]]
    assert made.layout.yaxis.title.text == "a label" and made.layout.yaxis.tickformat == ".1~%"


def test_terms_are_compared_without_their_weights_in_training_and_held_out() -> None:
    made = compared("kl")
    assert list(curve(made, "run 2").y) == [4, 4] and list(curve(made, "run 2, held out").y) == [5, 5]
    assert curve(made, "run 2, held out").line.dash == "dash"


def test_smoothing_leaves_what_was_measured_in_sight() -> None:
    made = compared("loss", 0.5)
    faint = [list(trace.y) for trace in made.data if trace.hoverinfo == "skip"]
    assert [7.5, 6] in faint and list(curve(made, "run 2").y) == [7.5, 6.75]
    values = np.array([np.nan, 2, np.nan, 4], np.float32)
    assert smoothed(values, 0.5) == pytest.approx([np.nan, 2, np.nan, 3], nan_ok=True)
