"""Promises of fits: what is adopted, how many run, what the status says, and that held-out means held out."""

import threading
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

import value_model
from background import Background, Job, JobStatus, Lane
from ipo.preference.state import MODELS, RIDGE, XGB, ModelParams, PreferenceState
from ipo.progress import SILENT
from ipo.value.boosting import BoostParams
from ipo.value.status import FitState
from tests.support.lanes import HANG, drain, held
from value_model import cross_validate, request_cross_validation, ridge_fit, train_and_record

D = 32
Array = NDArray[np.float32]


class Diary(PreferenceState):
    """A state that writes down the states its models go through."""

    def __init__(self) -> None:
        super().__init__(D)
        self.diary: dict[str, list[FitState]] = {model: [] for model in MODELS}

    def update_status(self, model: str, **changes: Any) -> None:
        super().update_status(model, **changes)
        state = self.train_status[model].state
        if self.diary[model][-1:] != [state]:
            self.diary[model].append(state)


class Labeller:
    """Adds rows whose label follows one direction of the features."""

    def __init__(self, state: PreferenceState) -> None:
        self.state = state
        self.rng = np.random.default_rng(5)
        self.taste = self.rng.standard_normal(D)
        self.given = 0

    def label(self, labels: Iterable[int]) -> list[str]:
        ids = []
        for label in labels:
            x = self.rng.standard_normal(D) + label * self.taste / 4
            ids.append(f"c{self.given}")
            self.given += 1
            with self.state.w_lock:
                self.state.pool.add(ids[-1], (x / np.sqrt(D)).astype(np.float32), label)
        return ids

    def label_nan(self) -> str:
        with self.state.w_lock:
            self.state.pool.add("nan", np.full(D, np.nan, np.float32), 1)
        return "nan"

    def remove(self, id_: str) -> None:
        with self.state.w_lock:
            self.state.pool.remove(id_)


@pytest.fixture
def state() -> Diary:
    return Diary()


@pytest.fixture
def person(state: Diary) -> Labeller:
    return Labeller(state)


def states(state: PreferenceState) -> set[FitState]:
    return {status.state for status in state.train_status.values()}


def fits(background: Background, lane: Lane = Lane.RIDGE) -> list[Job]:
    return [job for job in background.jobs(lane) if job.label.startswith("fit")]


def train(state: PreferenceState, background: Background) -> None:
    train_and_record(state, background)
    drain(background)


# Adoption


def test_an_older_fit_that_ends_later_is_dropped(
    state: Diary, person: Labeller, background: Background
) -> None:
    person.label([1, -1, 1, -1])
    adopted: list[None] = []
    with held(background, Lane.RIDGE):
        train_and_record(state, background, lambda: adopted.append(None))  # waits with generation 4
        person.label([1, -1])
        newer = state.snapshot()
        fitted, score = value_model._fit(RIDGE, newer, state.params, SILENT)
        assert value_model._adopt(state, RIDGE, newer, fitted, score, 0.0)
    drain(background)
    assert state.models[RIDGE] is fitted
    assert state.train_status[RIDGE].generation == newer.generation == 6
    assert len(adopted) == 1  # of XGBoost
    assert state.train_status[XGB].generation == 4


def test_only_a_newer_generation_is_adopted(state: Diary, person: Labeller) -> None:
    snapshots = []
    for _ in range(3):
        person.label([1, -1])
        snapshots.append(state.snapshot())
    fitted = [value_model._fit(RIDGE, rows, state.params, SILENT)[0] for rows in snapshots]
    order = [1, 0, 1, 2, 0]
    adopted = [value_model._adopt(state, RIDGE, snapshots[i], fitted[i], None, 0.0) for i in order]
    assert adopted == [True, False, False, True, False]
    assert state.models[RIDGE] is fitted[2]
    assert state.train_status[RIDGE].rows == 6


def test_models_are_swapped_in_under_the_lock(state: Diary, person: Labeller, background: Background) -> None:
    owned: list[bool] = []

    class Watched(dict):  # type: ignore[type-arg]
        def __setitem__(self, model: str, fitted: object) -> None:
            owned.append(state.w_lock._is_owned())  # type: ignore[attr-defined]
            super().__setitem__(model, fitted)

    state.models = Watched()
    person.label([1, -1])
    train(state, background)
    assert owned == [True, True]


def test_a_changed_hyper_parameter_is_fitted_without_a_new_label(
    state: Diary, person: Labeller, background: Background
) -> None:
    person.label([1, -1] * 4)
    train(state, background)
    before = state.w
    state.params = ModelParams(ridge_lambda=100.0)
    train(state, background)
    assert before is not None and state.w is not None
    assert np.linalg.norm(state.w) < 0.5 * np.linalg.norm(before)


# How many fits


def test_any_number_of_labels_leaves_one_queued_fit_and_one_more_after_it(
    state: Diary, person: Labeller, background: Background
) -> None:
    with held(background, Lane.RIDGE), held(background, Lane.XGB):
        for _ in range(6):
            person.label([1, -1])
            train_and_record(state, background)
            assert (len(fits(background)), len(fits(background, Lane.XGB))) == (1, 1)
    drain(background)
    for model, lane in value_model.LANE_OF.items():
        assert len(fits(background, lane)) == 2
        assert state.train_status[model].generation == state.pool.generation
    assert not state.dirty


def test_labels_during_a_running_fit_start_exactly_one_more(
    state: Diary, person: Labeller, background: Background
) -> None:
    running, go_on = threading.Event(), threading.Event()
    seen: list[int] = []

    def pause() -> None:
        seen.append(len(seen))
        running.set()
        go_on.wait(HANG)

    person.label([1, -1])
    value_model._train(state, background, RIDGE, pause)
    assert running.wait(HANG)
    assert state.train_status[RIDGE].state == FitState.RUNNING
    for _ in range(5):
        person.label([1, -1])
        value_model._train(state, background, RIDGE, pause)
    go_on.set()
    drain(background)
    assert [job.label for job in fits(background)] == ["fit ridge to 2 rows", "fit ridge to 12 rows"]
    assert len(seen) == 2


def test_without_new_labels_no_further_fit_follows(
    state: Diary, person: Labeller, background: Background
) -> None:
    person.label([1, -1, 1])
    train(state, background)
    assert (len(fits(background)), len(fits(background, Lane.XGB))) == (1, 1)


# Status


def test_a_model_goes_from_untrained_through_queued_and_running_to_ok(
    state: Diary, person: Labeller, background: Background
) -> None:
    assert states(state) == {FitState.UNTRAINED}
    person.label([1, -1])
    train(state, background)
    assert state.diary == dict.fromkeys(MODELS, [FitState.QUEUED, FitState.RUNNING, FitState.OK])
    for status in state.train_status.values():
        assert (status.rows, status.generation, status.error) == (2, 2, "")
        assert status.ended_at is not None and status.seconds is not None


@pytest.mark.parametrize("labels", [[], [1], [-1], [1, 1, 1], [-1, -1]])
def test_without_both_labels_a_model_stays_untrained(
    state: Diary, person: Labeller, background: Background, labels: list[int]
) -> None:
    person.label(labels)
    train(state, background)
    assert states(state) == {FitState.UNTRAINED}
    assert not state.models and not fits(background)


def test_taking_back_the_last_bad_makes_the_models_untrained_again(
    state: Diary, person: Labeller, background: Background
) -> None:
    *_, bad = person.label([1, 1, -1])
    train(state, background)
    assert states(state) == {FitState.OK} and state.w is not None
    person.remove(bad)
    train(state, background)
    assert states(state) == {FitState.UNTRAINED}
    assert not state.models and state.w is None
    assert {status.rows for status in state.train_status.values()} == {0}
    person.label([-1])
    train(state, background)
    assert states(state) == {FitState.OK} and set(state.models) == set(MODELS)


def test_taking_back_the_last_bad_during_a_fit_ends_untrained(
    state: Diary, person: Labeller, background: Background
) -> None:
    _, bad = person.label([1, -1])
    with held(background, Lane.RIDGE), held(background, Lane.XGB):
        train_and_record(state, background)
        person.remove(bad)
        train_and_record(state, background)
    drain(background)
    assert states(state) == {FitState.UNTRAINED} and not state.models


def test_a_failed_fit_keeps_the_last_good_model_and_the_next_label_tries_again(
    state: Diary, person: Labeller, background: Background
) -> None:
    person.label([1, -1, 1])
    train(state, background)
    good = dict(state.models)
    broken = person.label_nan()
    train(state, background)
    assert states(state) == {FitState.ERROR}
    assert state.models == good
    assert state.train_status[RIDGE].error == "X or y has NaN or Inf."
    assert state.train_status[XGB].error
    assert {status.rows for status in state.train_status.values()} == {3}

    person.remove(broken)
    person.label([-1])
    train(state, background)
    assert states(state) == {FitState.OK}
    assert {status.error for status in state.train_status.values()} == {""}
    assert all(state.models[model] is not good[model] for model in MODELS)


def test_a_first_fit_that_fails_leaves_no_model(
    state: Diary, person: Labeller, background: Background
) -> None:
    person.label([1, -1])
    person.label_nan()
    train(state, background)
    assert states(state) == {FitState.ERROR} and not state.models


def test_a_cancelled_first_fit_is_untrained_and_the_next_label_fits(
    state: Diary, person: Labeller, background: Background
) -> None:
    person.label([1, -1])
    with held(background, Lane.RIDGE):
        train_and_record(state, background)
        fits(background)[0].cancel()
        assert state.train_status[RIDGE].state == FitState.UNTRAINED
    person.label([1])
    train(state, background)
    assert state.train_status[RIDGE].state == FitState.OK


def test_ridge_brings_its_held_out_score_as_soon_as_rows_can_be_held_out(
    state: Diary, person: Labeller, background: Background
) -> None:
    person.label([1, -1])
    train(state, background)
    assert state.train_status[RIDGE].score is None
    person.label([1, -1] * 10)
    train(state, background)
    rows = state.snapshot()
    score = cross_validate(rows.X, rows.y, state.params, SILENT)[RIDGE]
    assert state.train_status[RIDGE].score == score


# Reference values


def test_ridge_fit_equals_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((200, 12_544), dtype=np.float32) / np.float32(112)
    y = rng.choice([-1, 1], 200).astype(np.float32)
    for lam in (0.03, 1.0, 30.0):
        reference = Ridge(alpha=lam, fit_intercept=False).fit(X.astype(np.float64), y).coef_
        w = ridge_fit(X, y, lam)
        assert w.dtype == np.float32 and w.shape == (12_544,)
        assert np.linalg.norm(w - reference) <= 1e-4 * np.linalg.norm(reference)


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
        assert abs(np.mean([scores[model].accuracy for scores in results]) - 0.5) < 0.09
        assert abs(np.mean([scores[model].auc for scores in results]) - 0.5) < 0.09


def test_labels_that_can_be_told_apart_score_one() -> None:
    scores = cross_validate(*blobs(80, 8), ModelParams(), SILENT)
    assert set(scores) == set(MODELS)
    for score in scores.values():
        assert score.accuracy >= 0.97 and score.auc >= 0.97
        assert (score.n, score.baseline) == (80, 0.5)


def test_the_seed_decides_the_folds_and_with_them_the_scores() -> None:
    X, y = blobs(60, 0.5)
    first, again, other = (cross_validate(X, y, ModelParams(), SILENT, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other


# Fingerprints and cross-validation on demand


def marks(state: PreferenceState) -> dict[str, str]:
    return {model: state.fingerprint(model) for model in MODELS}


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
