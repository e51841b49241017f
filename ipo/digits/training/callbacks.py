"""Who watches a training: callbacks, and messages to a queue for readers in another thread or process."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ipo.digits.config import Hyperparameters
from ipo.digits.epoch_metrics import EpochMetrics
from ipo.digits.training.messages import Message, MessageType, complete_text, epoch_text, stopped_text

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
        self._put(MessageType.EPOCH_COMPLETE, epoch_text(metrics), metrics)

    def on_train_end(self, history: Sequence[EpochMetrics], trainer: "InteractiveTrainer") -> None:
        if trainer.stopped:
            self._put(MessageType.TRAINING_STOPPED, stopped_text(trainer.step))
        else:
            self._put(MessageType.TRAINING_COMPLETE, complete_text(trainer.epoch))

    def latent_updated(self) -> None:
        self._put(MessageType.LATENT_UPDATED, "All images are predicted by the model as it is now.")

    def error(self, text: str) -> None:
        self._put(MessageType.ERROR, text)

    def _put(self, kind: MessageType, text: str, metrics: EpochMetrics | None = None) -> None:
        self._queue.put(Message(kind, text, time.time(), metrics))
