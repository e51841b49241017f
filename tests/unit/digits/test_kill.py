"""kill -9 at any moment, of whoever it may be, costs nothing that was kept. With real processes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipo import claims
from ipo.digits import data
from ipo.digits.folder import RESOURCE, DigitsFolder, InUse, folder_in
from ipo.digits.labels.store import NONE, LabelStore
from ipo.digits.runs import Outcome, Runs
from ipo.digits.service import Digits
from ipo.digits.status import State, TrainingFailed
from ipo.digits.training import checkpoint
from ipo.digits.training import run as training
from ipo.digits.training.trainer import BatchEnd, InteractiveTrainer, TrainingCallback
from ipo.digits.worker.process import TrainingProcess
from tests.support.training_thread import TrainingThread
from tests.unit.digits.small import CONFIG, COUNT, PER_EPOCH, digits, images, labels
from tests.unit.digits.training.test_trainer import same

APP = """
import json, sys
from ipo.digits.worker.process import TrainingProcess
for line in TrainingProcess(json.loads(sys.argv[1])).lines():
    pass
"""
LABELLER = """
import sys
from pathlib import Path
from ipo.digits.labels.store import LabelStore
store = LabelStore(Path(sys.argv[1]), 5000)
start = store.snapshot().count
for at in range(start, 5000):
    store.label(at, at % 10)
    print(at, flush=True)
"""


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def epochs_kept(folder: DigitsFolder) -> int:
    """Of the first run, while it is under way."""
    record = folder.runs / "000001.json.part"
    return len(json.loads(record.read_bytes())["history"]) if record.exists() else 0


def is_free(folder: DigitsFolder) -> bool:
    try:
        with folder.training():
            return True
    except InUse:
        return False


@contextmanager
def app_that_trains(home: Path, source: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that asked for a training, in a group of its own with the one that trains."""
    config = checkpoint.load(folder_in(home, source).checkpoint).config
    request = {
        "work": "train",
        "home": str(home),
        "data": source,
        "epochs": 200,
        "config": config.record(),
        "knobs": {},
    }
    app = subprocess.Popen([sys.executable, "-c", APP, json.dumps(request)], start_new_session=True)
    try:
        yield app
    finally:
        app.kill()
        app.wait()


def test_a_killed_training_goes_on_from_its_last_epoch_bit_for_bit(home: Path) -> None:
    source = str(home / "small.npz")
    folder = folder_in(home, source)
    store = LabelStore(folder.path, COUNT)
    store.fill(labels(), who="a test")
    with app_that_trains(home, source) as app:
        wait_for(lambda: epochs_kept(folder) >= 2)
        os.killpg(app.pid, signal.SIGKILL)
    wait_for(lambda: is_free(folder))
    assert np.array_equal(LabelStore(folder.path, COUNT).snapshot().values, labels())
    kept = checkpoint.load(folder.checkpoint)
    assert kept.epoch >= 2 and kept.step == kept.epoch * PER_EPOCH
    went_on = training.train(folder, data.load(source, home), 1)
    never_killed = InteractiveTrainer(CONFIG)
    with training.free_core():
        never_killed.train_epochs(kept.epoch + 1, images(), labels())
    assert same(checkpoint.load(folder.checkpoint), never_killed)
    runs = Runs(folder.runs).all()
    assert [(run.number, run.outcome) for run in runs] == [(2, Outcome.COMPLETE), (1, Outcome.INTERRUPTED)]
    assert runs[0] == went_on.run and 2 <= len(runs[1].history) <= kept.epoch
    assert not list(folder.path.glob(".ssvae.pt.*"))


def test_when_the_app_is_killed_the_training_stops_and_keeps_what_was_learnt(tmp_path: Path) -> None:
    everything, truth = digits()
    source = str(tmp_path / "digits.npz")
    np.savez(source, images=everything, labels=truth.astype(np.uint8))
    folder = folder_in(tmp_path, source)
    checkpoint.save(folder.checkpoint, InteractiveTrainer(CONFIG))
    with app_that_trains(tmp_path, source) as app:
        wait_for(lambda: epochs_kept(folder) >= 1)
        app.kill()
        app.wait()
        wait_for(lambda: is_free(folder))
    run = Runs(folder.runs).all()[0]
    assert (run.outcome, run.error) == (Outcome.STOPPED, "")
    assert run.to_step == checkpoint.load(folder.checkpoint).step
    again = training.train(folder, data.load(source, tmp_path), 1).run
    assert (again.outcome, again.from_step) == (Outcome.COMPLETE, run.to_step)


def test_when_the_training_is_killed_the_app_says_so_and_can_train_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)  # relative paths mean the same to both processes
    started: list[TrainingProcess] = []

    def start(request: Mapping[str, Any]) -> TrainingProcess:
        started.append(TrainingProcess(request))
        return started[-1]

    def kill() -> None:
        wait_for(lambda: len(space.history) >= 1)
        os.kill(started[0].pid, signal.SIGKILL)

    space = Digits(Path(), "small.npz", start=start)
    checkpoint.save(space.folder.checkpoint, InteractiveTrainer(CONFIG))
    space.open()
    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(TrainingFailed, match=r"SIGKILL, as the system does where memory runs out\. What was"):
        space.train(200)
    killer.join()
    assert space.status.state == State.IDLE and "SIGKILL" in space.status.error
    assert claims.holder(RESOURCE) is None
    after = Digits(Path(), "small.npz", start=TrainingThread)
    after.open()
    assert after.history == space.history[: len(after.history)] and after.history
    after.train(1)
    assert [run.outcome for run in after.runs] == [Outcome.COMPLETE, Outcome.INTERRUPTED]


def test_a_second_ctrl_c_leaves_the_last_epoch_and_says_so(home: Path) -> None:
    class Impatient(TrainingCallback):
        def on_batch_end(self, batch: BatchEnd, trainer: InteractiveTrainer) -> None:
            if batch.step == PER_EPOCH + 1:
                raise KeyboardInterrupt

    source = str(home / "small.npz")
    folder = folder_in(home, source)
    with pytest.raises(KeyboardInterrupt):
        training.train(folder, data.load(source, home), 3, callbacks=[Impatient()])
    assert [run.outcome for run in Runs(folder.runs).all()] == [Outcome.INTERRUPTED]
    assert checkpoint.load(folder.checkpoint).step == PER_EPOCH


def test_a_labeller_that_is_killed_loses_no_label_that_was_taken(tmp_path: Path) -> None:
    said: list[int] = []
    for count in (3, 20, 45):
        labeller = subprocess.Popen(
            [sys.executable, "-c", LABELLER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert labeller.stdout is not None
        said += [int(labeller.stdout.readline()) for _ in range(count)]
        labeller.kill()
        said += [int(line) for line in labeller.stdout.read().splitlines() if line]
        labeller.wait()
        labeller.stdout.close()
        values = LabelStore(tmp_path, 5000).snapshot().values
        assert values[said].tolist() == [at % 10 for at in said]
        assert np.count_nonzero(values != NONE) - len(said) <= 3  # on disk, but killed before it could say so
    assert len(said) >= 3 + 20 + 45
