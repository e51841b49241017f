"""A look at the Ridge model that takes time happens on the `cv` lane, and says what it belongs to."""

from dataclasses import replace

import numpy as np
import pytest

from background import Background, Lane
from ipo.preference.analysis.diagnostics import RidgeDiagnostics, calibrated, disagreements
from ipo.preference.state import RIDGE
from ipo.value import ridge
from ipo.value.gram import gram
from tests.support.lanes import drain, held, submitting
from tests.support.training import Diary, Labeller, train

MIXED = [1, -1] * 12


@pytest.fixture
def state() -> Diary:
    return Diary()


@pytest.fixture
def study(state: Diary, background: Background) -> RidgeDiagnostics:
    return RidgeDiagnostics(state, submitting(background, Lane.CV))


def test_there_is_no_path_before_the_first_fit(study: RidgeDiagnostics, background: Background) -> None:
    assert study.path() is None
    assert background.jobs(Lane.CV) == []


def test_the_path_is_that_of_the_rows_of_the_newest_fit(
    study: RidgeDiagnostics, state: Diary, background: Background
) -> None:
    Labeller(state).label(MIXED)
    train(state, background)
    assert study.path() is None  # asked for, not waited for
    drain(background)
    rows = state.snapshot()
    expected = ridge.lambda_path(gram(rows.X), rows.y)
    found = study.path()
    assert found is not None
    np.testing.assert_allclose(found.errors, expected.errors, rtol=1e-4)
    belief = state.belief
    assert belief is not None and belief.relative_lambda == found.best


def test_a_path_is_made_again_for_other_labels_and_not_for_another_lambda(
    study: RidgeDiagnostics, state: Diary, background: Background
) -> None:
    labeller = Labeller(state)
    labeller.label(MIXED)
    train(state, background)
    study.path()
    drain(background)
    first = study.path()
    state.params = replace(state.params, ridge_lambda=3.0)
    train(state, background)
    assert study.path() is first and not study.tracing
    labeller.label([1])
    train(state, background)
    assert study.path() is first, "the one before is shown while the next is made"
    drain(background)
    assert study.path() is not first


def test_a_curve_is_kept_until_rows_or_lambda_change_and_then_called_stale(
    study: RidgeDiagnostics, state: Diary, background: Background
) -> None:
    labeller = Labeller(state)
    labeller.label(MIXED)
    study.learn()
    drain(background)
    learned = study.learned
    assert learned is not None and learned.rows == len(MIXED)
    assert not study.stale
    state.params = replace(state.params, ridge_lambda=0.5)
    assert study.stale
    state.params = replace(state.params, ridge_lambda=None)
    assert not study.stale
    labeller.label([1])
    assert study.stale and study.learned is learned


def test_the_same_rows_give_the_same_curve(
    study: RidgeDiagnostics, state: Diary, background: Background
) -> None:
    Labeller(state).label(MIXED)
    curves = []
    for _ in range(2):
        study.learn()
        drain(background)
        assert study.learned is not None
        curves.append(study.learned.curve.accuracy)
    assert (curves[0] == curves[1]).all()


def test_a_second_request_while_one_is_under_way_changes_nothing(
    study: RidgeDiagnostics, state: Diary, background: Background
) -> None:
    Labeller(state).label(MIXED)
    with held(background, Lane.CV):
        study.learn()
        work = study.learning
        study.learn()
        assert study.learning is work and work is not None
        assert sum(job.in_flight for job in background.jobs(Lane.CV)) == 2  # the holder and one curve
    drain(background)
    assert study.learning is None


def test_a_cancelled_curve_says_so_and_leaves_the_last_one(
    study: RidgeDiagnostics, state: Diary, background: Background
) -> None:
    Labeller(state).label(MIXED)
    study.learn()
    drain(background)
    last = study.learned
    with held(background, Lane.CV):
        study.learn()
        work = study.learning
        assert work is not None
        work.cancel()
    drain(background)
    assert study.problem == "Cancelled."
    assert study.learned is last


def test_a_curve_of_too_few_rows_says_how_many_are_needed(
    study: RidgeDiagnostics, state: Diary, background: Background
) -> None:
    Labeller(state).label([1, -1])
    study.learn()
    drain(background)
    assert "at least 5 Good and 5 Bad" in study.problem


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
