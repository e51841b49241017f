"""Who watches a training: callbacks, and messages to a queue for readers in another thread or process."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from ipo.digits.config import Hyperparameters
from ipo.digits.epoch_metrics import EpochMetrics, epoch_of
from ipo.digits.runs import Outcome, RunRecord

if TYPE_CHECKING:
    from ipo.digits.training.trainer import InteractiveTrainer


@dataclass(frozen=True)
class BatchEnd:
    """One step that was taken."""

    step: int  # from 1
    epoch: int  # from 1
    fraction: float  # of the epoch that is done
    terms: Mapping[str, float]
    knobs: Hyperparameters


class TrainingCallback:
    """Does nothing; override what is wanted. All are called in the thread that trains."""

    def on_train_start(self, trainer: "InteractiveTrainer") -> None:
        """Before the first batch."""

    def on_batch_end(self, batch: BatchEnd, trainer: "InteractiveTrainer") -> None:
        """After every step; `trainer.stop()` ends the training here."""

    def on_epoch_end(
        self,
        epoch: int,
        metrics: EpochMetrics,
        history: Sequence[EpochMetrics],
        trainer: "InteractiveTrainer",
    ) -> None:
        """After every epoch; `history` has its metrics last."""

    def on_train_end(self, history: Sequence[EpochMetrics], trainer: "InteractiveTrainer") -> None:
        """After the last batch, also of a training that was stopped."""


class MessageType(StrEnum):
    EPOCH_COMPLETE = "epoch_complete"
    LATENT_UPDATED = "latent_updated"
    TRAINING_COMPLETE = "training_complete"
    TRAINING_STOPPED = "training_stopped"
    ERROR = "error"


@dataclass(frozen=True)
class Message:
    """One thing that happened, with a sentence for people."""

    type: MessageType
    text: str
    at: float  # seconds since the epoch of Unix
    metrics: EpochMetrics | None = None  # of epoch_complete

    def record(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


def message_of(record: Mapping[str, Any]) -> Message:
    metrics = record["metrics"]
    return Message(
        MessageType(record["type"]),
        str(record["text"]),
        float(record["at"]),
        None if metrics is None else epoch_of(metrics),
    )


class Queue(Protocol):
    """Where messages go: `queue.Queue`, or anything that passes them on."""

    def put(self, message: Message, /) -> None: ...


class MetricsQueueCallback(TrainingCallback):
    """Turns a training into messages. Whoever updates the latents or catches an error says so through it."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def on_epoch_end(
        self,
        epoch: int,
        metrics: EpochMetrics,
        history: Sequence[EpochMetrics],
        trainer: "InteractiveTrainer",
    ) -> None:
        self._put(MessageType.EPOCH_COMPLETE, _epoch_text(metrics), metrics)

    def on_train_end(self, history: Sequence[EpochMetrics], trainer: "InteractiveTrainer") -> None:
        if trainer.stopped:
            self._put(MessageType.TRAINING_STOPPED, _stopped_text(trainer.step))
        else:
            self._put(MessageType.TRAINING_COMPLETE, _complete_text(trainer.epoch))

    def latent_updated(self) -> None:
        self._put(MessageType.LATENT_UPDATED, "The map shows the model as it is now.")

    def error(self, text: str) -> None:
        self._put(MessageType.ERROR, text)

    def _put(self, kind: MessageType, text: str, metrics: EpochMetrics | None = None) -> None:
        self._queue.put(Message(kind, text, time.time(), metrics))


def recalled(run: RunRecord) -> list[Message]:
    """What a training said, from its record; the moments of its epochs are near the true ones."""
    at = datetime.fromisoformat(run.started_at).timestamp()
    end = at + run.seconds
    said = []
    for metrics in run.history:
        at = min(end, at + metrics.seconds)
        said.append(Message(MessageType.EPOCH_COMPLETE, _epoch_text(metrics), at, metrics))
    if run.outcome == Outcome.COMPLETE and run.history:
        said.append(Message(MessageType.TRAINING_COMPLETE, _complete_text(run.history[-1].epoch), end))
    elif run.outcome == Outcome.STOPPED:
        said.append(Message(MessageType.TRAINING_STOPPED, _stopped_text(run.to_step), end))
    elif run.outcome == Outcome.ERROR:
        said.append(Message(MessageType.ERROR, run.error, end))
    elif run.outcome == Outcome.INTERRUPTED:
        text = "The training was interrupted; its last epoch is kept."
        said.append(Message(MessageType.TRAINING_STOPPED, text, end))
    return said


def _epoch_text(metrics: EpochMetrics) -> str:
    accuracy = metrics.val.get("accuracy")
    held = "" if accuracy is None else f", held-out accuracy {100 * accuracy:.1f} %"
    return f"Epoch {metrics.epoch}: loss {metrics.train['loss']:.4g}{held}, {metrics.seconds:.1f} s"


def _stopped_text(steps: int) -> str:
    return f"Stopped after {steps:,} steps; what was learnt is kept."


def _complete_text(epoch: int) -> str:
    return f"Trained to the end of epoch {epoch}."
