"""Figures of the value model, where a number that they would show is not there."""

import json

import numpy as np
import pytest

from ipo.ui.figures.calibration import calibration_figure
from ipo.ui.figures.history import history_figure
from ipo.ui.figures.path import path_figure
from ipo.value.curves import calibration
from ipo.value.lambda_path import DEFAULT, PATH, LambdaPath
from ipo.value.scores import score


@pytest.mark.parametrize("in_use", [1e-9, DEFAULT, 1e9])
def test_a_path_without_errors_is_a_gap_and_the_default(in_use: float) -> None:
    figure = path_figure(LambdaPath(PATH, np.full(len(PATH), np.nan)), in_use)
    line, lowest, here = figure.data
    assert np.isnan(line.y).all() and np.isnan(lowest.y).all() and np.isnan(here.y).all()
    assert lowest.name == "lowest 1" and here.x[0] == np.float32(in_use)
    json.loads(figure.to_json(), parse_constant=pytest.fail)


def test_a_flat_path_marks_the_default() -> None:
    figure = path_figure(LambdaPath(PATH, np.full(len(PATH), 4.0)), DEFAULT)
    assert figure.data[1].x == pytest.approx([DEFAULT]) and figure.data[1].y == pytest.approx([4.0])


def test_one_row_with_a_held_out_value_makes_one_bin_and_two_labels_a_history() -> None:
    one = calibration(np.array([0.3]), np.array([1], np.float32))
    figure = calibration_figure(one)
    assert figure.data[1].y == pytest.approx([1.0])
    y = np.array([1, -1], np.float32)
    figure = history_figure([2], [2], [score(y, -y)])
    assert np.isfinite(figure.data[1].y).all()
