"""Promises of fits: what is adopted, how many run, and what the status says."""

import threading
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge

import value_model
from background import Background, Lane
from ipo.jobs import SILENT
from ipo.preference.latents import features
from ipo.preference.proposals.proposers import STEP_ANGLES
from ipo.preference.session import PreferenceSession
from ipo.preference.state import MODELS, RIDGE, XGB, ModelParams
from ipo.value.lambda_path import DEFAULT
from ipo.value.status import FitState
from tests.support.judging import Person
from tests.support.lanes import HANG, drain, held
from tests.support.training import D, Diary, Labeller, fits, states, train
from value_model import cross_validate, ridge_fit, train_and_record


@pytest.fixture
def state() -> Diary:
    return Diary()


@pytest.fixture
def person(state: Diary) -> Labeller:
    return Labeller(state)


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
        fitted = value_model.fit_ridge_model(state.ridge, newer, state.params)
        assert value_model._adopt(state, RIDGE, newer, fitted)
    drain(background)
    assert state.models[RIDGE] is fitted.model
    assert state.train_status[RIDGE].generation == newer.generation == 6
    assert len(adopted) == 1  # of XGBoost
    assert state.train_status[XGB].generation == 4


def test_only_a_newer_generation_is_adopted(state: Diary, person: Labeller) -> None:
    snapshots = []
    for _ in range(3):
        person.label([1, -1])
        snapshots.append(state.snapshot())
    fitted = [value_model.fit_ridge_model(state.ridge, rows, state.params) for rows in snapshots]
    order = [1, 0, 1, 2, 0]
    adopted = [value_model._adopt(state, RIDGE, snapshots[i], fitted[i]) for i in order]
    assert adopted == [True, False, False, True, False]
    assert state.models[RIDGE] is fitted[2].model
    assert [record.rows for record in state.history] == [4, 6]
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
    before = state.belief
    state.params = ModelParams(ridge_lambda=100.0)
    train(state, background)
    assert before is not None and state.belief is not None
    assert state.belief.relative_lambda == 100.0
    assert np.linalg.norm(state.belief.w) < 0.5 * np.linalg.norm(before.w)


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
    assert state.diary == {model: [FitState.QUEUED, FitState.RUNNING, FitState.OK] for model in MODELS}
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
    assert states(state) == {FitState.OK} and state.belief is not None
    person.remove(bad)
    train(state, background)
    assert states(state) == {FitState.UNTRAINED}
    assert not state.models and state.belief is None and not state.held_out
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


# Pairs


def test_a_pair_alone_teaches_ridge_which_way_to_go_and_leaves_xgboost_untrained(
    state: Diary, person: Labeller, background: Background
) -> None:
    difference = np.linspace(-1, 1, D).astype(np.float32)
    with state.w_lock:
        state.pool.add_pair("a>b", np.stack([difference, np.zeros_like(difference)]))
    train(state, background)
    assert state.belief is not None and state.belief.w @ difference > 0
    assert state.train_status[XGB].state == FitState.UNTRAINED
    assert (state.counts(), state.pairs(), state.held_out) == ((0, 0), 1, {})
    person.remove("a>b")
    train(state, background)
    assert states(state) == {FitState.UNTRAINED} and state.belief is None


def test_pairs_and_rows_are_fitted_together_and_only_rows_are_scored(
    state: Diary, person: Labeller, background: Background
) -> None:
    ids = person.label([1, -1] * 6)
    train(state, background)
    before = state.models[RIDGE]
    with state.w_lock:
        state.pool.add_pair("a>b", np.outer([1, -1], person.taste / 8).astype(np.float32))
    train(state, background)
    assert state.models[RIDGE] is not before
    assert set(state.held_out) == set(ids)
    score = state.train_status[RIDGE].score
    assert score is not None and score.accuracy.trials == 12
    assert state.models[XGB].predict(state.snapshot().X).shape == (12,)


@pytest.mark.parametrize("pairs", [1, 12])
def test_the_only_row_beside_pairs_has_no_held_out_value(
    state: Diary, person: Labeller, background: Background, pairs: int
) -> None:
    person.label([1])
    with state.w_lock:
        for number in range(pairs):
            sides = np.array([1, 0] if number % 2 else [0, 1])
            state.pool.add_pair(f"a>{number}", np.outer(sides, person.taste).astype(np.float32))
    train(state, background)
    fitted = state.belief
    assert fitted is not None and np.isfinite(fitted.w).all()
    assert state.held_out == {} and state.train_status[RIDGE].score is None
    assert fitted.relative_lambda >= DEFAULT, "from pairs that contradict each other little is learnt"


# Reference value


def test_ridge_fit_equals_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((200, 12_544), dtype=np.float32) / np.float32(112)
    y = rng.choice([-1, 1], 200).astype(np.float32)
    for lam in (0.03, 1.0, 30.0):
        reference = Ridge(alpha=lam, fit_intercept=False).fit(X.astype(np.float64), y).coef_
        w = ridge_fit(X, y, lam)
        assert w.dtype == np.float32 and w.shape == (12_544,)
        assert np.linalg.norm(w - reference) <= 1e-4 * np.linalg.norm(reference)


# With a session at work


def test_judgements_are_fitted_and_give_values_and_steps(tmp_path: Path, background: Background) -> None:
    person = Person(tmp_path, train=lambda session: train_session(session, background))
    person.judges(person.queue[0], 1)
    drain(background)
    assert {shown.forecast for shown in person.session.view([]).queue} == {None}
    person.judges(person.queue[0], -1)
    drain(background)
    ridge = person.session.state.models[RIDGE]
    for shown in person.session.view([]).queue[:-1]:
        expected = float(ridge.predict(features(shown.candidate.z[None]))[0])
        assert shown.forecast is not None
        assert shown.forecast.value == pytest.approx(expected, abs=1e-5)
    assert len(person.session.queue.steps[RIDGE]) == len(person.session.queue.steps[XGB]) == len(STEP_ANGLES)


def test_until_both_labels_are_there_judging_keeps_what_was_decoded_ahead(
    tmp_path: Path, background: Background
) -> None:
    person = Person(tmp_path, train=lambda session: train_session(session, background))
    for _ in range(3):
        first, *ahead = person.queue
        person.judges(first, 1)
        drain(background)
        assert person.queue[: len(ahead)] == ahead


def test_taking_back_the_last_bad_takes_the_values_and_steps_away(
    tmp_path: Path, background: Background
) -> None:
    person = Person(tmp_path, train=lambda session: train_session(session, background))
    good, bad, *_ = person.queue
    person.judges(good, 1)
    person.judges(bad, -1)
    drain(background)
    person.undoes()
    drain(background)
    assert states(person.session.state) == {FitState.UNTRAINED}
    assert {shown.forecast for shown in person.session.view([]).queue} == {None}
    assert not any(person.session.queue.steps.values())


def train_session(session: PreferenceSession, background: Background) -> None:
    """As the workspace does."""
    train_and_record(session.state, background, on_adopt=session.queue.predict_again)
