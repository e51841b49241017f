"""Labels that contradict the value of a fit that has not seen them."""

import pytest

from background import Background
from ipo.preference.analysis.disagreement import calibrated, disagreements
from ipo.preference.state import RIDGE
from tests.support.training import Diary, Labeller, train

MIXED = [1, -1] * 12


@pytest.fixture
def state() -> Diary:
    return Diary()


def test_the_most_surprising_rows_are_those_whose_label_contradicts_their_value_most(state: Diary) -> None:
    ids = Labeller(state).label([1, -1, 1, -1, 1])
    held_out = dict(zip(ids, [-0.2, 0.9, 0.8, -0.7, -0.6], strict=True))
    found = disagreements(state.snapshot(), held_out)
    assert [(one.id, one.label) for one in found] == [(ids[1], -1), (ids[4], 1), (ids[0], 1)]
    assert [one.held_out for one in found] == [0.9, -0.6, -0.2]
    assert [one.id for one in disagreements(state.snapshot(), held_out, most=1)] == [ids[1]]


def test_rows_without_a_held_out_value_are_left_out(state: Diary) -> None:
    ids = Labeller(state).label([1, -1, 1])
    assert disagreements(state.snapshot(), {}) == []
    assert calibrated(state.snapshot(), {}) is None
    found = calibrated(state.snapshot(), {ids[0]: 0.5, ids[2]: 0.1})
    assert found is not None and found.rows.tolist() == [2] and found.share.tolist() == [1.0]


def test_calibration_reads_the_values_that_the_fit_left_behind(state: Diary, background: Background) -> None:
    Labeller(state).label(MIXED)
    train(state, background)
    found = calibrated(state.snapshot(), state.held_out)
    assert found is not None and found.rows.sum() == len(MIXED)
    assert state.train_status[RIDGE].rows == len(MIXED)
