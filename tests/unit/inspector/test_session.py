"""Promises of a session: watching changes nothing, every update is accounted for, and time goes back."""

import gc
import logging
import threading
import weakref

import numpy as np
import pytest
import torch

from ipo.inspector import session as sessions
from ipo.inspector.capture.snapshots import Evicted, Snapshot
from ipo.inspector.capture.tensors import SPECS, Phase, StepTensorKey
from ipo.inspector.recipes.autoencoder import CONDITIONS, RECIPE
from ipo.inspector.recipes.bcl import Algorithm
from ipo.inspector.recipes.bcl_hooks import Unaccounted
from ipo.inspector.session import TornDown
from ipo.inspector.stopping import Until
from ipo.jobs import Cancelled
from tests.unit.inspector.small import IMAGES, LABELS, SMALL, Stopping, everything, same, session

K = StepTensorKey
EVERY = [(condition, algorithm) for condition in CONDITIONS for algorithm in Algorithm]


@pytest.mark.parametrize(("condition", "algorithm"), EVERY)
def test_watching_leaves_every_bit_as_it_is(condition: str, algorithm: str) -> None:
    overrides = {**SMALL, "algorithm": algorithm, "data": (IMAGES, LABELS)}
    alone = RECIPE.setup(condition, 0, overrides)
    losses: list[float] = []
    alone.trainer().train(20, on_step=lambda step: losses.append(float(step.loss)))
    watched = session(condition, algorithm=algorithm)
    watched.step(20)
    assert np.array_equal(np.float32(losses), watched.history().columns[K.LOSS])
    assert np.array_equal(
        watched.get_step(19)[K.ENCODER_WEIGHTS_POST], alone.model.encoder.weight.detach().numpy()
    )


@pytest.mark.parametrize(("condition", "algorithm"), EVERY)
def test_every_update_is_accounted_for_in_every_step(condition: str, algorithm: str) -> None:
    made = session(condition, algorithm=algorithm, check=True)
    made.step(12)
    for n in range(12):
        step = made.get_step(n)
        before, after = step[K.ENCODER_WEIGHTS], step[K.ENCODER_WEIGHTS_POST]
        pull = step.get(K.SOM_DELTA, 0)
        assert np.abs(before + pull + step[K.OPTIMIZER_DELTA] - after).max() <= 1e-6
        assert np.abs(step[K.RANK_SCORE].mean(0) - step[K.WIN_RATE]).max() <= 1e-6
        mask = step.get(K.GRAD_MASK, 1)
        assert (
            np.abs((step[K.OUTPUT_GRADIENT] * mask).T @ step[K.BATCH_IMAGES] - step[K.GRAD_MASKED]).max()
            <= 1e-6
        )
        assert np.abs(step[K.OUTPUT_GRADIENT].T @ step[K.BATCH_IMAGES] - step[K.GRAD_RAW]).max() <= 1e-6
        if K.GRADIENT_WEIGHT in step:
            total = step[K.GRADIENT_WEIGHT] + step[K.CONTENDER_WEIGHT] + step[K.ATTRACTION_WEIGHT]
            assert np.abs(total - 1).max() <= 1e-6


def test_a_force_without_a_name_is_noticed() -> None:
    made = session(check=True)
    engine = made._run.engine
    assert engine is not None

    def push(weight: torch.Tensor) -> None:
        weight.data += 1e-3

    engine.setup.model.encoder.weight.register_post_accumulate_grad_hook(push)
    with pytest.raises(Unaccounted, match=r"Step 0: weights \+ forces = weights after is off by 0.001"):
        made.step()


def test_identities_are_asserted_while_debug_logs_are_on(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[Snapshot] = []
    made = session(check=None)
    made._run.engine.setup.__dict__["check"] = checked.append  # type: ignore[union-attr]
    made.step()
    assert not checked
    monkeypatch.setattr(sessions.logger, "level", logging.DEBUG)
    sessions.logger.manager._clear_cache()  # type: ignore[attr-defined]
    made.step()
    assert [step.step for step in checked] == [1]
    monkeypatch.undo()
    sessions.logger.manager._clear_cache()  # type: ignore[attr-defined]


@pytest.mark.parametrize("condition", ["slow", "control"])
def test_the_weights_before_a_step_are_those_after_the_last(condition: str) -> None:
    made = session(condition)
    made.step(3)
    for n in (0, 1):
        assert np.array_equal(
            made.get_step(n)[K.ENCODER_WEIGHTS_POST], made.get_step(n + 1)[K.ENCODER_WEIGHTS]
        )


def test_neighbourhoods_are_made_anew_every_so_many_steps_from_the_weights_before() -> None:
    made = session("fast", recompute_every=4)
    made.step(9)
    found = [made.get_step(n)[K.NEIGHBORS] for n in range(9)]
    for n in range(9):
        unit = made.get_step(n - n % 4)[K.ENCODER_WEIGHTS]
        unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
        cosines = unit @ unit.T - 3 * np.eye(len(unit))
        assert set(map(tuple, np.sort(np.argsort(-cosines)[:, :3]))) == set(map(tuple, np.sort(found[n])))


def test_the_same_seed_gives_the_same_run_and_another_seed_another_one() -> None:
    one, again, other = session(), session(), session(seed=1)
    for made in (one, again, other):
        made.step(10)
    assert same(everything(one, 9), everything(again, 9))
    assert not np.array_equal(one.history().columns[K.LOSS], other.history().columns[K.LOSS])


def test_the_thread_that_steps_makes_no_difference() -> None:
    here, there = session(), session()
    here.step(10)

    def elsewhere() -> None:
        torch.set_num_threads(2)
        there.step(10)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert same(everything(here, 9), everything(there, 9))


def test_conditions_that_are_not_about_data_see_the_same_batches() -> None:
    made = [session(condition, algorithm=algorithm) for condition, algorithm in EVERY[:6]]
    for one in made:
        one.step(9)
    for n in (0, 8):
        first = made[0].get_step(n)[K.BATCH_IMAGES]
        assert all(np.array_equal(one.get_step(n)[K.BATCH_IMAGES], first) for one in made)


def test_a_session_has_exactly_the_tensors_that_its_specs_name() -> None:
    for condition, algorithm in EVERY:
        made = session(condition, algorithm=algorithm)
        made.step()
        step = made.get_step(0)
        assert list(step) == list(made.specs)
        for key, spec in made.specs.items():
            sizes = {**made.sizes, "B": 32}
            assert step[key].shape == tuple(sizes[name] for name in spec.dims), key
    assert set(session("slow").specs) | set(session("slow", algorithm="bcl_rescue").specs) == set(SPECS)
    assert K.GRAD_MASK not in session("som_only").specs
    assert K.SOM_DELTA not in session("control").specs


@pytest.mark.parametrize("back", [0, 3, 17, 18])
def test_going_back_and_on_again_gives_the_same_bits(back: int) -> None:
    made = session("med")
    made._run.checkpoints.every = 5
    made.step(19)
    before = {n: everything(made, n) for n in range(19)}
    history = {key: column.copy() for key, column in made.history().columns.items()}
    state = made.rewind(back)
    assert (state.steps, state.latest, state.retained) == (back + 1, back, tuple(range(back + 1)))
    made.step(18 - back)
    assert all(same(before[n], everything(made, n)) for n in range(19))
    assert all(
        np.array_equal(column, made.history().columns[key], equal_nan=True) for key, column in history.items()
    )


def test_going_back_before_the_first_step_starts_anew() -> None:
    made = session()
    made.step(3)
    before = everything(made, 0)
    assert made.rewind(-1).steps == 0
    assert made.history().steps.tolist() == []
    made.step()
    assert same(before, everything(made, 0))


def test_going_back_brings_snapshots_back_that_left_memory() -> None:
    made = session(budget=2**17)
    made._run.checkpoints.every = 5
    made.step(40)
    assert 12 not in made.state().retained
    with pytest.raises(Evicted):
        made.get_step(12)
    made.rewind(12)
    assert made.state().retained[-3:] == (10, 11, 12)
    fresh = session()
    fresh.step(13)
    assert same(everything(fresh, 12), everything(made, 12))


def test_a_rewind_that_is_cancelled_changes_nothing() -> None:
    made, other = session(), session()
    made.step(19)
    other.step(25)
    with pytest.raises(Cancelled):
        made.rewind(9, Stopping(after=4))
    assert made.state().steps == 19
    made.step(6)
    assert same(everything(made, 24), everything(other, 24))


def test_a_step_that_was_not_done_cannot_be_gone_back_to() -> None:
    made = session()
    made.step(2)
    with pytest.raises(IndexError, match="no step 2 to go back to; 2 were done"):
        made.rewind(2)


def test_checkpoints_stay_within_their_bytes() -> None:
    made = session(check=False)
    made._run.checkpoints.every, made._run.checkpoints.budget = 1, 200_000
    made.step(60)
    assert made._run.checkpoints.nbytes <= 200_000
    assert made._run.checkpoints.every > 1
    made.rewind(30)
    assert made.step().steps == 32


def test_cancelling_keeps_the_steps_that_were_done() -> None:
    made, progress = session(), Stopping(after=4)
    with pytest.raises(Cancelled):
        made.step(10, progress=progress)
    state = made.state()
    assert (state.steps, state.running) == (4, False)
    assert state.stop is not None
    assert (state.stop.kind, state.stop.message) == ("cancelled", "Cancelled after step 3.")
    assert progress.said[1] == "Step 1, 1 of 10"
    assert made.step().stop is None


def test_two_threads_step_one_session_one_at_a_time() -> None:
    made, alone = session(check=False), session(check=False)
    threads = [threading.Thread(target=made.step, args=(15,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    seen = 0
    while any(thread.is_alive() for thread in threads):  # a page reads meanwhile
        state = made.state()
        assert state.steps >= seen
        seen = state.steps
        if state.latest is not None:
            assert made.get_step(state.retained[0])[K.LOSS] > 0
            assert len(made.history().steps) >= seen
    alone.step(30)
    assert made.state().steps == 30
    assert same(everything(alone, 29), everything(made, 29))


def test_reading_does_not_wait_for_a_step() -> None:
    made = session()
    made.step(2)
    with made._stepping:
        version = made.version
        assert made.state().steps == 2
        assert made.get_step(1)[K.WEIGHT_COSINE_MATRIX].shape == (12, 12)
        made.pin(0)
        assert made.state().pinned == (0,)
        assert made.version > version


def test_a_nan_stops_at_its_step_and_names_tensor_and_phase() -> None:
    made = session(check=True)
    made.step(3)
    with torch.no_grad():
        made._run.engine.setup.model.encoder.bias[2] = torch.nan  # type: ignore[union-attr]
    state = made.step(10)
    assert state.steps == 4
    stop = state.stop
    assert stop is not None
    assert (stop.kind, stop.step, stop.key, stop.phase) == ("nan", 3, K.STRENGTH, Phase.FORWARD)
    assert "has NaN or Inf at step 3, phase forward. Rewind to go on." in stop.message
    assert np.isnan(made.get_step(3)[K.STRENGTH]).any()
    assert made.step(5).steps == 4
    assert made.rewind(2).stop is None
    assert made.step(2).steps == 5


def test_weights_that_explode_are_caught_where_they_do() -> None:
    made = session("control", check=False, lr=2e37)
    stop = made.step(20).stop
    assert stop is not None
    assert stop.kind in ("nan", "inf")
    assert stop.key in made.get_step(stop.step)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("until", "column"),
    [(Until("loss", 0.45), K.LOSS), (Until("cosine", 0.2), K.WEIGHT_COSINE), (Until("dead"), K.DEAD_COUNT)],
)
def test_stepping_ends_where_it_was_asked_to(until: Until, column: str) -> None:
    made = session("fast", check=False, lr=1e-2)
    state = made.step(500, until)
    assert state.steps < 500
    assert state.stop is not None
    assert (state.stop.kind, state.stop.step) == ("until", state.latest)
    values = made.history().columns[column]
    reached = [until.reached(float(value)) is not None for value in values]
    assert reached.index(True) == len(values) - 1


def test_an_unknown_end_says_what_is_known() -> None:
    with pytest.raises(ValueError, match="Until 'rank' is unknown; cosine, loss, nan and dead are known"):
        Until("rank", 3)
    with pytest.raises(ValueError, match="Until loss needs a threshold"):
        Until("loss")


def test_the_table_of_features_is_found_by_named_axes() -> None:
    made = session()
    made.step()
    table, step = made.features(0), made.get_step(0)
    assert table.values.shape == (12, len(table.columns))
    at = {name: place for place, name in enumerate(table.columns)}
    assert np.array_equal(table.values[:, at["win_rate"]], step["win_rate"])
    assert table.values[:, at["strength"]] == pytest.approx(step["strength"].mean(0))
    assert [table.is_mean[at[name]] for name in ("win_rate", "strength", "som_magnitude")] == [
        False,
        True,
        False,
    ]
    assert "image_coverage" not in at
    assert "neighbors" not in at


def test_the_state_tells_what_a_toolbar_shows() -> None:
    made = session()
    assert made.state().loss is None
    state = made.step(3)
    dead = int(made.history().columns[K.DEAD_COUNT][-1])
    assert (state.features, state.alive, state.latest) == (12, 12 - dead, 2)
    assert state.loss == float(made.get_step(2)[K.LOSS])
    assert (made.image_shape, made.class_names) == ((8, 8), ("0", "1", "2", "3"))


def test_a_fork_goes_on_from_the_same_place_and_leaves_the_other_alone() -> None:
    made = session("med")
    made.step(11)
    twin = made.fork()
    assert twin.id != made.id
    assert twin.state().retained == made.state().retained
    made.step(9)
    assert twin.state().steps == 11
    twin.step(9)
    assert same(everything(made, 19), everything(twin, 19))
    twin.rewind(4)
    assert made.state().steps == 20


def test_evaluating_in_between_changes_nothing() -> None:
    one, other = session(), session()
    one.step(3)
    assert one.evaluate() == pytest.approx(0.4, abs=0.2)
    one.step(7)
    other.step(10)
    assert same(everything(one, 9), everything(other, 9))


def test_teardown_frees_model_and_history() -> None:
    made = session()
    made.step(5)
    engine = made._run.engine
    assert engine is not None
    gone = [
        weakref.ref(thing)
        for thing in (engine.setup.model, engine.setup.optimizer, engine.inspector.stored()[4][K.STRENGTH])
    ]
    del engine
    made.teardown()
    gc.collect()
    assert [thing() for thing in gone] == [None] * 3
    assert made.state().nbytes == 0
    with pytest.raises(TornDown, match="autoencoder_bcl, condition slow, seed 0 was torn down"):
        made.step()


def test_a_session_that_nobody_holds_is_freed_without_teardown() -> None:
    made = session()
    made.step(2)
    model = weakref.ref(made._run.engine.setup.model)  # type: ignore[union-attr]
    del made
    gc.collect()
    assert model() is None


def test_teardown_ends_a_run_under_way() -> None:
    made, ended = session(check=False), []

    def run() -> None:
        try:
            made.step(100_000)
        except Cancelled:
            ended.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    while made.state().steps < 3:
        pass
    made.teardown()
    thread.join(5)
    assert ended == [True]


def test_a_step_that_fails_says_why_and_the_next_one_may_go_on() -> None:
    made = session()
    made.step(2)
    handle = made._run.engine.setup.model.decoder.register_forward_pre_hook(  # type: ignore[union-attr]
        lambda *_: (_ for _ in ()).throw(RuntimeError("out of luck"))
    )
    with pytest.raises(RuntimeError, match="out of luck"):
        made.step()
    handle.remove()
    assert made.step().steps == 3
