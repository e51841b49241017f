"""The workspace of a page: start, watch, turn, stop, go on; and what others may not do meanwhile."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipo import claims
from ipo.digits.data import MNIST
from ipo.digits.folder import RESOURCE, InUse
from ipo.digits.labels.store import BadLabels
from ipo.digits.runs import Outcome, compare
from ipo.digits.service import Digits
from ipo.digits.split import split_of
from ipo.digits.status import State, TrainingFailed
from ipo.digits.training import checkpoint
from ipo.digits.training import run as training
from ipo.digits.training.messages import MessageType
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.jobs import Cancelled
from tests.support.training_thread import TrainingThread
from tests.unit.digits.small import CONFIG, COUNT, PER_EPOCH, images

EPOCHS = 2


def reopened(space: Digits) -> Digits:
    other = Digits(space.home, space.source, start=TrainingThread)
    other.open()
    return other


def once(space: Digits, true: Callable[[], bool], then: Callable[[], object]) -> threading.Thread:
    """Does something as soon as something is true."""

    def wait() -> None:
        deadline = time.monotonic() + 20
        while not true() and time.monotonic() < deadline:
            time.sleep(0.002)
        then()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_training_that_runs_out_of_memory_says_so_and_goes_on_from_its_last_epoch(
    space: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = InteractiveTrainer._step

    def fail_in_the_second_epoch(trainer: InteractiveTrainer, *batches: Any) -> dict[str, float]:
        if trainer.step == PER_EPOCH + 1:
            raise MemoryError
        return step(trainer, *batches)

    with monkeypatch.context() as patch:
        patch.setattr(InteractiveTrainer, "_step", fail_in_the_second_epoch)
        with pytest.raises(TrainingFailed, match="Memory ran out"):
            space.train(EPOCHS)
    assert space.status.state == State.IDLE and "Memory ran out" in space.status.error
    assert claims.holder(RESOURCE) is None
    assert checkpoint.load(space.folder.checkpoint).step == PER_EPOCH
    assert [run.outcome for run in space.runs] == [Outcome.ERROR]
    space.train(1)
    assert checkpoint.load(space.folder.checkpoint).step == 2 * PER_EPOCH and space.status.error == ""


def test_before_it_was_opened_it_knows_nothing_and_says_so(home: Path) -> None:
    space = Digits(home)
    assert space.source == MNIST
    assert (space.status.state, space.history, space.predictions) == (State.CLOSED, (), None)
    with pytest.raises(Exception, match="ipo fetch mnist"):
        space.open()
    assert "ipo fetch mnist" in space.status.error


def test_an_untrained_model_has_a_map_already(space: Digits) -> None:
    predicted = space.predictions
    assert predicted is not None and predicted.step == 0
    assert predicted.places.shape == (COUNT, 2)
    assert np.allclose(predicted.places.mean(0), 0, atol=1e-5)
    assert predicted.reconstruction.shape == (COUNT, 8, 8)


def test_training_gives_history_messages_predictions_and_a_run(space: Digits) -> None:
    before = space.version, space.latent_version
    run = space.train(EPOCHS)
    assert space.predictions_outdated
    space.predict()
    assert [epoch.epoch for epoch in space.history] == [1, 2]
    assert [message.type for message in space.messages] == [
        MessageType.LATENT_UPDATED,  # before it was trained
        MessageType.EPOCH_COMPLETE,
        MessageType.EPOCH_COMPLETE,
        MessageType.TRAINING_COMPLETE,
        MessageType.LATENT_UPDATED,
    ]
    assert space.predictions is not None and space.predictions.step == EPOCHS * PER_EPOCH
    assert space.version > before[0] and space.latent_version == before[1] + 1
    assert space.status.state == State.IDLE and not space.status.error
    assert space.runs == (run,)
    assert (run.outcome, run.labels, run.to_step) == (Outcome.COMPLETE, 40, EPOCHS * PER_EPOCH)
    assert run.history == space.history


def test_training_again_goes_on_also_after_a_restart(space: Digits) -> None:
    space.train(1)
    space.train(1)
    other = reopened(space)
    other.train(1)
    assert [epoch.epoch for epoch in other.history] == [1, 2, 3]
    whole = InteractiveTrainer(CONFIG)
    whole.train_epochs(3, images(), space.labels.snapshot().values)
    assert [epoch.train for epoch in other.history] == [epoch.train for epoch in whole.history]
    assert [run.number for run in other.runs] == [3, 2, 1]


def test_predictions_that_are_older_than_the_model_are_made_anew(space: Digits) -> None:
    trainer = checkpoint.load(space.folder.checkpoint)
    trainer.train_epochs(1, images(), space.labels.snapshot().values)
    checkpoint.save(space.folder.checkpoint, trainer)  # killed before it predicted
    space.open()
    assert space.predictions is not None and space.predictions.step == 0 and space.predictions_outdated
    space.predict()
    assert space.predictions.step == PER_EPOCH and not space.predictions_outdated
    assert len(space.history) == 1


def test_two_runs_are_compared(space: Digits) -> None:
    space.train(1)
    space.turn(kl_weight=0.25)
    space.train(2)
    made = compare(space.runs[1], space.runs[0])
    differ = {row.name: (row.one, row.other) for row in made.settings}
    assert differ == {"kl_weight": (0.1, 0.25), "epochs": (1, 2), "from_step": (0, PER_EPOCH)}
    assert {"train loss", "val recon"} <= {row.name for row in made.final}


def test_stop_keeps_what_was_learnt(space: Digits) -> None:
    stopper = once(space, lambda: len(space.history) >= 1, space.stop)
    run = space.train(200)
    stopper.join()
    assert run.outcome == Outcome.STOPPED and 1 <= len(space.history) < 200
    assert MessageType.TRAINING_STOPPED in [message.type for message in space.messages]
    assert checkpoint.load(space.folder.checkpoint).step == run.to_step


def test_a_training_that_was_stopped_says_so_whatever_was_under_way(space: Digits) -> None:
    class StillSpeaking(TrainingThread):
        """What the worker wrote before it heard of the stop is read after it."""

        def lines(self) -> Iterator[Mapping[str, Any]]:
            for line in super().lines():
                yield line
                if line.get("text", "").startswith("Epoch"):
                    stopped.stop()
                    texts.append(stopped.status.text)
                    yield {"progress": 0.5, "text": "Epoch 3: loss 1"}
                    texts.append(stopped.status.text)

    stopped = Digits(space.home, space.source, start=StillSpeaking)
    texts: list[str] = []
    stopped.open()
    stopped.train(200)
    assert set(texts) == {"Stopping after this batch"} and stopped.status.state == State.IDLE


def test_a_cancelled_job_stops_the_training_too(space: Digits) -> None:
    class Asked:
        def report(self, fraction: float, message: str = "") -> None:
            pass

        def check(self) -> None:
            if space.history:
                raise Cancelled("test")

    with pytest.raises(Cancelled):
        space.train(200, Asked())
    assert space.status.state == State.IDLE and not space.status.error
    assert space.runs[0].outcome == Outcome.STOPPED


def test_knobs_turn_while_it_trains(space: Digits) -> None:
    turner = once(space, lambda: len(space.history) >= 1, lambda: space.turn(recon_weight=5))
    stopper = once(
        space, lambda: bool(space.history) and space.history[-1].knobs["recon_weight"] == 5, space.stop
    )
    space.train(200)
    turner.join()
    stopper.join()
    assert space.history[0].knobs["recon_weight"] == 100
    assert space.history[-1].knobs["recon_weight"] == 5
    assert reopened(space).knobs.recon_weight == 5


def test_while_it_trains_nobody_else_has_the_model(space: Digits) -> None:
    found: list[str | None] = []

    def look() -> None:
        found.append(claims.holder(RESOURCE))
        with pytest.raises(claims.Claimed, match="in use by the training"):
            space.train(1)
        with pytest.raises(InUse, match="Another process trains"), space.folder.training():
            pass
        space.stop()

    looker = once(space, lambda: len(space.history) >= 1, look)
    space.train(200)
    looker.join()
    assert found == ["the training of the SSVAE"]
    with claims.claim(RESOURCE, "the inspector"), pytest.raises(claims.Claimed, match="the inspector"):
        space.train(1)
    assert "in use by the inspector" in space.status.error


def test_an_error_is_told_and_nothing_is_overwritten(space: Digits) -> None:
    space.train(1)
    space.folder.checkpoint.write_bytes(b"damage")
    with pytest.raises(TrainingFailed, match="is not a sound checkpoint"):
        space.train(1)
    assert "is not a sound checkpoint" in space.status.error
    assert space.messages[-1].type == MessageType.ERROR
    assert space.folder.checkpoint.read_bytes() == b"damage"
    assert space.status.state == State.IDLE and len(space.history) == 1


def test_labels_that_go_bad_end_the_training_with_their_line(space: Digits) -> None:
    space.labels.path.write_text("Serial,label\n3,99\n")
    with pytest.raises(TrainingFailed, match="line 2: label 99"):
        space.train(1)


def test_a_model_can_be_begun_anew_and_the_old_one_is_kept(space: Digits) -> None:
    space.train(1)
    space.begin_anew(CONFIG)
    assert space.history == () and space.predictions is None and space.predictions_outdated
    kept = list(space.folder.path.glob("ssvae-*.pt"))
    assert len(kept) == 1 and checkpoint.load(kept[0]).epoch == 1
    assert len(space.runs) == 1 and space.labels.snapshot().count == 40


def test_the_map_keeps_its_direction_from_one_training_to_the_next(space: Digits) -> None:
    space.train(3)
    space.predict()
    before = space.predictions
    space.train(1)
    space.predict()
    after = space.predictions
    assert before is not None and after is not None
    moved = np.square(after.places - before.places).sum(1).mean()
    for turned in (after.places[:, ::-1], after.places * [1, -1], -after.places):
        assert np.square(turned - before.places).sum(1).mean() > moved


def test_the_real_process_does_the_same(space: Digits) -> None:
    real = Digits(space.home, space.source)
    real.open()
    run = real.train(1)
    real.predict()
    assert run.outcome == Outcome.COMPLETE and real.predictions is not None
    assert real.predictions.step == PER_EPOCH


def test_what_another_process_did_is_seen(space: Digits) -> None:
    other = reopened(space)
    other.labels.label([1, 2], 5)
    space.look()
    assert space.labels.snapshot().values[1] == 5 and space.history == ()
    other.train(1)
    other.predict()
    space.look()
    assert len(space.history) == 1 and [run.number for run in space.runs] == [1]
    assert space.predictions is not None and space.predictions.step == PER_EPOCH
    before = space.latent_version
    space.look()
    assert space.latent_version == before  # nothing new was there to see


def test_an_error_of_reading_ends_when_the_file_is_mended(space: Digits) -> None:
    good = space.labels.path.read_text()
    space.labels.path.write_text(good + "1,12\n")
    with pytest.raises(BadLabels):
        space.look()
    assert "label 12" in space.status.error
    space.labels.path.write_text(good)
    space.look()
    assert not space.status.error


def test_an_error_of_a_training_stays_until_the_next(space: Digits) -> None:
    with claims.claim(RESOURCE, "the inspector"), pytest.raises(claims.Claimed):
        space.train(1)
    space.look()
    assert "in use by the inspector" in space.status.error
    space.train(1)
    assert not space.status.error


def test_the_time_left_is_that_of_the_epochs_measured_so_far(space: Digits) -> None:
    seen: list[tuple[float, float | None, float | None]] = []
    assert space.status.eta is None

    class Watching:
        def report(self, fraction: float, message: str = "") -> None:
            lasted = [epoch.seconds for epoch in space.history[-5:]]
            seen.append((fraction, space.status.eta, statistics.median(lasted) if lasted else None))

        def check(self) -> None:
            pass

    space.train(15, Watching())
    assert seen[0][1] is None  # nothing was measured yet
    measured = [row for row in seen if row[2] is not None]
    assert measured
    for fraction, eta, epoch in measured:
        assert epoch is not None and eta == pytest.approx(15 * epoch * (1 - fraction))
    assert space.status.eta is None


def test_labels_are_counted_apart_for_teaching_and_for_measuring(space: Digits) -> None:
    counts = space.counts
    held_out = split_of(COUNT, CONFIG).validation
    assert counts.measuring == len([serial for serial in held_out if serial % 3 == 0])
    assert counts.all == 40 == counts.teaching + counts.measuring
    assert counts.per_class.tolist() == [0, 40, 0, 0, 0, 0, 0, 0, 0, 0]
    space.labels.label(held_out[:1], None if held_out[0] % 3 == 0 else 7)
    assert abs(space.counts.measuring - counts.measuring) == 1
    assert space.counts.teaching == counts.teaching


def test_what_was_said_is_remembered_after_a_restart(space: Digits) -> None:
    space.train(2)
    stopper = once(space, lambda: len(space.history) >= 3, space.stop)
    space.train(200)
    stopper.join()
    told = [m.text for m in space.messages if m.type != MessageType.LATENT_UPDATED]
    assert [message.text for message in reopened(space).messages][-len(told) :] == told


def test_models_that_are_put_aside_one_after_the_other_are_all_kept(space: Digits) -> None:
    space.train(1)
    space.begin_anew(CONFIG)
    space.begin_anew(CONFIG)
    assert sorted(checkpoint.load(kept).epoch for kept in space.folder.path.glob("ssvae-*.pt")) == [0, 1]


def test_points_within_an_epoch_are_kept_with_the_run(space: Digits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "POINT_SECONDS", 0.0)  # of each batch one
    run = space.train(1)
    assert [point.step for point in run.points] == list(range(1, PER_EPOCH + 1))
    means = {name: np.mean([point.train[name] for point in run.points]) for name in run.history[0].train}
    assert means == pytest.approx(run.history[0].train)
    assert reopened(space).points == run.points
    space.begin_anew(CONFIG)
    assert space.points == () and space.run_ends == ()
