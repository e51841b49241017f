"""Promises of cross-validation: held out means held out, on demand, and a result says what it is about."""

import numpy as np
import pytest
from numpy.typing import NDArray

import value_model
from background import Background, JobStatus, Lane
from ipo.jobs import SILENT
from ipo.preference.state import MODELS, RIDGE, XGB, ModelParams
from ipo.value.boosting import BoostParams
from tests.support.lanes import HANG, drain, held
from tests.support.training import D, Diary, Labeller, fits, marks, train
from value_model import cross_validate, request_cross_validation, train_and_record

Array = NDArray[np.float32]


@pytest.fixture
def state() -> Diary:
    return Diary()


@pytest.fixture
def person(state: Diary) -> Labeller:
    return Labeller(state)


# Scores


def blobs(n: int, distance: float, seed: int = 0) -> tuple[Array, Array]:
    """Rows around two centres and their labels; distance 0 makes the labels pure noise."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.resize([1, -1], n))
    X = rng.standard_normal((n, 64)) + distance * y[:, None] * np.eye(64)[0]
    return (X / 8).astype(np.float32), y.astype(np.float32)


def test_labels_that_are_noise_score_a_half() -> None:
    results = [cross_validate(*blobs(80, 0, seed), ModelParams(), SILENT) for seed in range(6)]
    for model in MODELS:
        # The mean of 480 coin tosses: one in 10,000 lies further off than 0.09.
        assert abs(np.mean([scores[model].accuracy.share for scores in results]) - 0.5) < 0.09
        assert abs(np.mean([scores[model].auc for scores in results]) - 0.5) < 0.09


def test_labels_that_can_be_told_apart_score_one() -> None:
    scores = cross_validate(*blobs(80, 8), ModelParams(), SILENT)
    assert set(scores) == set(MODELS)
    for score in scores.values():
        assert score.accuracy.share >= 0.97 and score.auc >= 0.97
        assert (score.accuracy.trials, score.baseline) == (80, 0.5)


def test_the_seed_decides_the_folds_and_with_them_the_scores() -> None:
    X, y = blobs(60, 0.5)
    first, again, other = (cross_validate(X, y, ModelParams(), SILENT, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other


# Fingerprints and cross-validation on demand


def test_a_fingerprint_follows_labels_and_rows_and_returns_when_they_do(
    state: Diary, person: Labeller
) -> None:
    first, *_ = person.label([1, -1, 1])
    before = marks(state)
    assert before[RIDGE] != before[XGB]
    state.pool.relabel(first, -1)
    relabelled = marks(state)
    state.pool.relabel(first, 1)
    assert marks(state) == before
    (added,) = person.label([1])
    more = marks(state)
    person.remove(added)
    assert marks(state) == before
    for model in MODELS:
        assert len({before[model], relabelled[model], more[model]}) == 3


def test_a_hyper_parameter_changes_the_fingerprint_of_its_own_model_only(
    state: Diary, person: Labeller
) -> None:
    person.label([1, -1])
    before = marks(state)
    state.params = ModelParams(ridge_lambda=2.0)
    assert marks(state)[RIDGE] != before[RIDGE] and marks(state)[XGB] == before[XGB]
    state.params = ModelParams(boost=BoostParams(max_depth=2))
    assert marks(state)[RIDGE] == before[RIDGE] and marks(state)[XGB] != before[XGB]
    state.params = ModelParams()
    assert marks(state) == before


def test_the_order_of_rows_does_not_change_a_fingerprint(state: Diary, person: Labeller) -> None:
    first, *_ = person.label([1, -1, 1])
    before = marks(state)
    person.remove(first)
    state.pool.add(first, np.zeros(D, np.float32), 1)
    assert state.snapshot().ids[-1] == first
    assert marks(state) == before


def test_a_cross_validation_is_current_until_a_label_changes(
    state: Diary, person: Labeller, background: Background
) -> None:
    person.label([1, -1] * 8)
    job = request_cross_validation(state, background)
    assert job is not None and job.wait(HANG)
    assert job.status == JobStatus.OK and state.cv is not None
    assert state.cv.fingerprints == marks(state)
    assert (state.cv.k, set(state.cv.scores)) == (5, set(MODELS))
    person.label([1])
    assert all(state.cv.fingerprints[model] != state.fingerprint(model) for model in MODELS)


def test_a_second_request_while_one_is_in_flight_starts_nothing(
    state: Diary, person: Labeller, background: Background
) -> None:
    person.label([1, -1] * 4)
    with held(background, Lane.CV):
        first = request_cross_validation(state, background)
        assert request_cross_validation(state, background) is None
    assert first is not None and first.wait(HANG)
    second = request_cross_validation(state, background)
    assert second is not None and second.wait(HANG)


@pytest.mark.parametrize("labels", [[], [1, -1], [1, 1, 1, -1]])
def test_a_cross_validation_of_too_few_rows_says_what_is_missing(
    state: Diary, person: Labeller, background: Background, labels: list[int]
) -> None:
    person.label(labels)
    job = request_cross_validation(state, background)
    assert job is not None and job.wait(HANG)
    assert job.status == JobStatus.ERROR
    assert str(job.error) == "Cross-validation needs at least two Good and two Bad rows."
    assert state.cv is None


def test_a_cancelled_cross_validation_keeps_the_last_result(
    state: Diary, person: Labeller, background: Background
) -> None:
    person.label([1, -1] * 4)
    first = request_cross_validation(state, background)
    assert first is not None and first.wait(HANG)
    kept = state.cv
    with held(background, Lane.CV):
        second = request_cross_validation(state, background)
        assert second is not None
        second.cancel()
    assert second.wait(HANG)
    assert second.status == JobStatus.CANCELLED and state.cv is kept


def test_a_fit_is_followed_by_a_cross_validation_only_when_that_is_switched_on(
    state: Diary, person: Labeller, background: Background
) -> None:
    person.label([1, -1] * 4)
    train(state, background)
    assert not background.jobs(Lane.CV)
    state.cv_after_fit = True
    person.label([1])
    with held(background, Lane.XGB):
        train_and_record(state, background)
        for job in fits(background):
            assert job.wait(HANG)
        assert not background.jobs(Lane.CV)  # waits for the other model
    drain(background)
    assert [job.status for job in background.jobs(Lane.CV)] == [JobStatus.OK]
    assert state.cv is not None and state.cv.fingerprints == marks(state)


def test_cross_validation_after_each_fit_waits_until_rows_can_be_held_out(
    state: Diary, person: Labeller, background: Background
) -> None:
    state.cv_after_fit = True
    person.label([1, -1, 1])
    train(state, background)
    assert not background.jobs(Lane.CV)  # nobody asked, so nobody is told that rows are missing
    person.label([-1])
    train(state, background)
    assert {job.status for job in background.jobs(Lane.CV)} == {JobStatus.OK}


def test_cross_validation_after_each_fit_ends_with_the_latest_rows(
    state: Diary, person: Labeller, background: Background
) -> None:
    state.cv_after_fit = True
    person.label([1, -1] * 4)
    with held(background, Lane.CV):
        train_and_record(state, background)
        for lane in value_model.LANE_OF.values():
            assert fits(background, lane)[-1].wait(HANG)
        person.label([1, -1])
        train_and_record(state, background)
        for lane in value_model.LANE_OF.values():
            assert fits(background, lane)[-1].wait(HANG)
    drain(background)
    assert state.cv is not None and state.cv.fingerprints == marks(state)
