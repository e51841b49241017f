"""One training of the model in a folder, from its files to its files. The app and `ipo digits train` run it.

The checkpoint is kept after each epoch and at the end, then the run is recorded.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import torch

from ipo.cores import numeric_threads
from ipo.digits.config import Hyperparameters, KnobTurn, SSVAEConfig
from ipo.digits.data import Data
from ipo.digits.epoch_metrics import EpochMetrics, TrainingPoint, with_point
from ipo.digits.folder import DigitsFolder
from ipo.digits.labels.store import LabelStore
from ipo.digits.runs import Outcome, RunRecord, Runs, labels_sha256
from ipo.digits.split import per_epoch
from ipo.digits.training import checkpoint
from ipo.digits.training.checkpoint_summary import check_images, config_for
from ipo.digits.training.trainer import BatchEnd, InteractiveTrainer, Running, TrainingCallback
from ipo.durable import check_replaceable
from ipo.jobs import SILENT, Cancelled, Progress

POINT_SECONDS = 3.0  # of training, that one point of a curve is the mean of


@dataclass(frozen=True)
class Trained:
    """What a training left behind."""

    run: RunRecord
    trainer: InteractiveTrainer


@contextlib.contextmanager
def free_core() -> Iterator[None]:
    """Within, torch leaves one core to the page, if there are several.

    Threads of torch wait for each other by spinning, which costs most where another process, such as a
    browser, keeps one of the cores busy. The number also shows in the last bits of long sums, so that the
    app and the command line have to agree on it.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(numeric_threads())
    try:
        yield
    finally:
        torch.set_num_threads(before)


def open_trainer(folder: DigitsFolder, data: Data, config: SSVAEConfig | None = None) -> InteractiveTrainer:
    """The training in a folder, or a new one.

    Raises `BadCheckpoint`, also for one of another `config` or of other images than `data`.
    """
    if not folder.checkpoint.exists():
        return InteractiveTrainer(config or config_for(data))
    trainer = checkpoint.load(folder.checkpoint, config)
    check_images(folder.checkpoint, trainer.config, trainer.data_sha256, data)
    return trainer


def train(
    folder: DigitsFolder,
    data: Data,
    epochs: int,
    *,
    config: SSVAEConfig | None = None,
    knobs: Hyperparameters | None = None,
    callbacks: Sequence[TrainingCallback] = (),
    on_point: Callable[[TrainingPoint], None] = lambda point: None,
    progress: Progress = SILENT,
) -> Trained:
    """Train for so many epochs with the labels of the folder, which are read again before each epoch.

    Cancelled through `progress`, it ends after the batch and keeps what was learnt; before the first batch it
    raises `Cancelled`. Raises `InUse`, `BadCheckpoint`, `BadLabels`, `Diverged`, `ValueError` and `OSError`;
    then the checkpoint is that of the last epoch that ended.
    """
    with folder.training(), free_core():
        progress.check()
        check_replaceable(folder.checkpoint)  # now, and not after an epoch
        count = len(data.images)
        trainer = open_trainer(folder, data, config)
        trainer.data_sha256 = data.sha256
        if knobs is not None:
            trainer.knobs = knobs
        store = LabelStore(folder.path, count, trainer.config.classes)
        runs = Runs(folder.runs)
        recording = _Recording(runs, _begun(runs.begin(), trainer, data, store), trainer.epoch, on_point)
        keeping = _Keeping(folder, epochs, count, progress)
        watching = [keeping, recording, *callbacks]
        try:
            trainer.train_epochs(epochs, data.images, lambda: store.refresh().values, watching)
            checkpoint.save(folder.checkpoint, trainer)
        except Exception as failure:
            recording.end(trainer, Outcome.ERROR, str(failure) or type(failure).__name__)
            raise
        except BaseException:  # a second Ctrl-C
            recording.end(trainer, Outcome.INTERRUPTED)
            raise
        run = recording.end(trainer, Outcome.STOPPED if trainer.stopped else Outcome.COMPLETE)
        return Trained(run, trainer)


class _Keeping(TrainingCallback):
    """Keeps the checkpoint after each epoch, says how far the work is, and stops when it is cancelled."""

    def __init__(self, folder: DigitsFolder, epochs: int, count: int, progress: Progress) -> None:
        self._folder, self._epochs, self._count, self._progress = folder, epochs, count, progress
        self._from = self._steps = self._last = 0

    def on_train_start(self, trainer: InteractiveTrainer) -> None:
        self._from, self._last = trainer.step, trainer.epoch + self._epochs
        whole = per_epoch(self._count, trainer.config)
        self._steps = (self._from // whole + self._epochs) * whole - self._from
        self._progress.report(0, f"Epoch {trainer.epoch + 1}")

    def on_batch_end(self, batch: BatchEnd, trainer: InteractiveTrainer) -> None:
        done = (batch.step - self._from) / self._steps
        text = f"Epoch {batch.epoch} of {self._last}: loss {batch.terms['loss']:.4g}"
        self._progress.report(done, text)
        try:
            self._progress.check()
        except Cancelled:
            trainer.stop()

    def on_epoch_end(
        self,
        epoch: int,
        metrics: EpochMetrics,
        history: Sequence[EpochMetrics],
        trainer: InteractiveTrainer,
    ) -> None:
        checkpoint.save(self._folder.checkpoint, trainer)


class _Recording(TrainingCallback):
    """Keeps the record of a run: after each epoch, in case that no more is heard of it, and at its end."""

    def __init__(
        self, runs: Runs, begun: RunRecord, epochs_before: int, on_point: Callable[[TrainingPoint], None]
    ) -> None:
        self._runs, self._begun, self._on_point = runs, begun, on_point
        self._began, self._before = time.monotonic(), epochs_before
        self._turns: tuple[KnobTurn, ...] = ()
        self._points: tuple[TrainingPoint, ...] = ()
        self._lately, self._since = Running(), self._began
        runs.keep(begun)

    def on_epoch_end(
        self,
        epoch: int,
        metrics: EpochMetrics,
        history: Sequence[EpochMetrics],
        trainer: InteractiveTrainer,
    ) -> None:
        self._runs.keep(self._now(trainer, Outcome.INTERRUPTED))

    def on_batch_end(self, batch: BatchEnd, trainer: InteractiveTrainer) -> None:
        self._turns += batch.turns
        now = time.monotonic()
        self._lately.add(batch.terms, 0)
        if now - self._since >= POINT_SECONDS:
            point = TrainingPoint(batch.step, self._lately.means(), batch.knobs.record())
            self._points = with_point(self._points, point)
            self._on_point(point)
            self._lately, self._since = Running(), now

    def end(self, trainer: InteractiveTrainer, outcome: Outcome, error: str = "") -> RunRecord:
        return self._runs.end(self._now(trainer, outcome, error))

    def _now(self, trainer: InteractiveTrainer, outcome: Outcome, error: str = "") -> RunRecord:
        return replace(
            self._begun,
            seconds=time.monotonic() - self._began,
            outcome=outcome,
            error=error,
            to_step=trainer.step,
            history=tuple(trainer.history[self._before :]),
            turns=self._turns,
            points=self._points,
        )


def _begun(number: int, trainer: InteractiveTrainer, data: Data, store: LabelStore) -> RunRecord:
    labels = store.snapshot()
    return RunRecord(
        number=number,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=0.0,
        outcome=Outcome.INTERRUPTED,
        error="",
        config=trainer.config.record(),
        knobs=trainer.knobs.record(),
        data_sha256=data.sha256,
        labels_sha256=labels_sha256(labels.values),
        labels=labels.count,
        from_step=trainer.step,
        to_step=trainer.step,
        history=(),
    )
