"""Messages of a training to a queue, for readers in another thread or process."""

import time
from collections.abc import Sequence
from typing import Protocol

from ipo.digits.epoch_metrics import EpochMetrics
from ipo.digits.training.messages import Message, MessageType, complete_text, epoch_text, stopped_text
from ipo.digits.training.trainer import InteractiveTrainer, TrainingCallback


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
        trainer: InteractiveTrainer,
    ) -> None:
        self._put(MessageType.EPOCH_COMPLETE, epoch_text(metrics), metrics)

    def on_train_end(self, history: Sequence[EpochMetrics], trainer: InteractiveTrainer) -> None:
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
