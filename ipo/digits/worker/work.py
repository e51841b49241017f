"""The kinds of work on a model that a process of its own does, by name. See `worker` for requests."""

import contextlib
import queue
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ipo.digits.config import Hyperparameters, config_of
from ipo.digits.data import Data
from ipo.digits.folder import DigitsFolder
from ipo.digits.opening import open_images, put_model_aside
from ipo.digits.training import checkpoint, run
from ipo.digits.training.callbacks import MetricsQueueCallback
from ipo.digits.training.predicting import update_predictions
from ipo.digits.training.trainer import BatchEnd, InteractiveTrainer, TrainingCallback
from ipo.digits.worker.pipe import Control, Lines

Request = Mapping[str, Any]


class _Turning(TrainingCallback):
    """Turns knobs between two batches."""

    def __init__(self, turns: "queue.SimpleQueue[Mapping[str, float]]") -> None:
        self._turns = turns

    def on_batch_end(self, batch: BatchEnd, trainer: InteractiveTrainer) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                trainer.turn(**self._turns.get_nowait())


def _train(request: Request, control: Control, lines: Lines) -> dict[str, Any]:
    folder, data = _open(request, lines)
    trained = run.train(
        folder,
        data,
        request["epochs"],
        config=None if request["config"] is None else config_of(request["config"]),
        knobs=Hyperparameters(**request["knobs"]),
        callbacks=[MetricsQueueCallback(lines), _Turning(control.turns)],
        on_point=lambda point: lines.say(point=asdict(point)),
        progress=lines,
    )
    return asdict(trained.run)


def _predict(request: Request, control: Control, lines: Lines) -> None:
    folder, data = _open(request, lines)
    update_predictions(folder, run.open_trainer(folder, data), data, lines)


def _begin(request: Request, control: Control, lines: Lines) -> None:
    folder, _ = _open(request, lines)
    with folder.training():
        put_model_aside(folder)
        folder.predictions.unlink(missing_ok=True)
        trainer = InteractiveTrainer(config_of(request["config"]), Hyperparameters(**request["knobs"]))
        checkpoint.save(folder.checkpoint, trainer)


def _open(request: Request, lines: Lines) -> tuple[DigitsFolder, Data]:
    lines.check()
    lines.say(progress=0.0, text="Reading images")
    return open_images(Path(request["home"]), request["data"])


WORK: Mapping[str, Callable[[Request, Control, Lines], Mapping[str, Any] | None]] = {
    "train": _train,
    "predict": _predict,
    "begin": _begin,
}
