"""Messages of a training to a queue, for readers in another thread or process."""

import time
from collections.abc import Sequence
from typing import Protocol

from ipo.digits.epoch_metrics import EpochMetrics
from ipo.digits.training.messages import (
    Message,
    MessageType,
    complete_text,
    epoch_text,
    stopped_text,
    turned_text,
)
from ipo.digits.training.trainer import BatchEnd, InteractiveTrainer, TrainingCallback


class Queue(Protocol):
    """Where messages go: `queue.Queue`, or anything that passes them on."""

    def put(self, message: Message, /) -> None: ...


class MetricsQueueCallback(TrainingCallback):
    """Turns a training into messages."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def on_batch_end(self, batch: BatchEnd, trainer: InteractiveTrainer) -> None:
        if batch.turns:
            text = turned_text(batch.turns)
            self._queue.put(Message(MessageType.KNOB_TURNED, text, time.time(), turns=batch.turns))

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

    def _put(self, kind: MessageType, text: str, metrics: EpochMetrics | None = None) -> None:
        self._queue.put(Message(kind, text, time.time(), metrics))
