"""A look at the Ridge model that takes time happens on the `cv` lane, and says what it belongs to."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from background import Background, Lane
from ipo.services.lanes import submit_on
from ipo.services.ridge_diagnostics import RidgeDiagnostics
from ipo.value.gram import gram
from ipo.value.lambda_path import lambda_path
from tests.support.lanes import drain, held
from tests.support.training import Diary, Labeller, train

MIXED = [1, -1] * 12


@pytest.fixture
def state() -> Diary:
    return Diary()


@pytest.fixture
def study(state: Diary, background: Background) -> RidgeDiagnostics:
    return RidgeDiagnostics(state, partial(submit_on, background, Lane.CV))


def test_there_is_no_path_before_the_first_fit(study: RidgeDiagnostics, background: Background) -> None:
    assert study.path() is None
    assert background.jobs(Lane.CV) == []


def test_the_path_is_that_of_the_rows_of_the_newest_fit(
    study: RidgeDiagnostics, state: Diary, background: Background
) -> None:
    Labeller(state).label(MIXED)
    train(state, background)
    with held(background, Lane.CV):
        assert study.path() is None  # asked for, not waited for
    drain(background)
    rows = state.snapshot()
    expected = lambda_path(gram(rows.X), rows.y)
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
    with held(background, Lane.CV):
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
