"""What is known of a set of images, its labels and its model. Nothing here reads a file or waits for work."""

import statistics
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.digits.config import Hyperparameters, KnobTurn, SSVAEConfig
from ipo.digits.data import Data
from ipo.digits.epoch_metrics import EpochMetrics, TrainingPoint, with_point
from ipo.digits.labels.store import NONE, LabelStore
from ipo.digits.opening import LabelsElsewhere
from ipo.digits.predictions import Predictions
from ipo.digits.runs import RunRecord
from ipo.digits.split import per_epoch
from ipo.digits.status import LabelCounts, NotOpen, State, Status
from ipo.digits.training.messages import Message, MessageType

MESSAGES = 10  # that are remembered

_LAST_EPOCHS = 5  # that say how long one takes


class DigitsState:
    """Read by pages at any time; written by the work of `Digits`, under the lock."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._version = 0
        self._status = Status()
        self._data: Data | None = None
        self._labels: LabelStore | None = None
        self._config: SSVAEConfig | None = None
        self._knobs = Hyperparameters()
        self._history: tuple[EpochMetrics, ...] = ()
        self._points: tuple[TrainingPoint, ...] = ()  # of the training under way
        self._turns: tuple[KnobTurn, ...] = ()
        self._messages: deque[Message] = deque(maxlen=MESSAGES)
        self._predictions: Predictions | None = None
        self._predicted = 0
        self._step = 0  # of the model on disk
        self._model_version = 0
        self._held_out: NDArray[np.int64] | None = None
        self._unread: Exception | None = None  # why files could not be read, if that is the error
        self._elsewhere: LabelsElsewhere | None = None
        self._epochs = 0  # of the training under way
        self._first: tuple[float, float] | None = None  # when it was how far
        self._records: tuple[RunRecord, ...] = ()
        self._lineage: list[RunRecord] = []  # of the model on disk, oldest first
        self._run_names: Mapping[int, str] = {}

    @property
    def version(self) -> int:
        """Grows whenever anything but the labels changes, which have a version of their own."""
        return self._version

    @property
    def status(self) -> Status:
        return self._status

    @property
    def data(self) -> Data:
        """Raises `NotOpen`."""
        if self._data is None:
            raise NotOpen("The images were not read yet.")
        return self._data

    @property
    def labels(self) -> LabelStore:
        """The labels, which may be changed while it trains: they teach from the next epoch on."""
        if self._labels is None:
            raise NotOpen("The labels were not read yet.")
        return self._labels

    @property
    def counts(self) -> LabelCounts:
        """Of the labels as they are now. Raises `NotOpen`."""
        labels = self.labels.snapshot()
        measuring = int(np.count_nonzero(labels.values[self.held_out] != NONE))
        return LabelCounts(labels.per_class(self.config.classes), labels.count - measuring, measuring)

    @property
    def config(self) -> SSVAEConfig:
        """Of the model that is here, or of the one that the next training begins."""
        if self._config is None:
            raise NotOpen("The images were not read yet.")
        return self._config

    @property
    def held_out(self) -> NDArray[np.int64]:
        """Rows that measure the model and never teach it."""
        if self._held_out is None:
            raise NotOpen("The images were not read yet.")
        return self._held_out

    @property
    def knobs(self) -> Hyperparameters:
        return self._knobs

    @property
    def history(self) -> tuple[EpochMetrics, ...]:
        """All epochs of the model."""
        return self._history

    @property
    def points(self) -> tuple[TrainingPoint, ...]:
        """How the loss of this model went within epochs; runs of older versions have none."""
        return tuple(point for run in self._lineage for point in run.points) + self._points

    @property
    def turns(self) -> tuple[KnobTurn, ...]:
        """Of knobs, while this model trained."""
        return tuple(turn for run in self._lineage for turn in run.turns) + self._turns

    @property
    def run_ends(self) -> tuple[tuple[int, int], ...]:
        """The step at which each run of this model ended, and its number."""
        return tuple((run.to_step, run.number) for run in self._lineage)

    @property
    def newest_point(self) -> int:
        """The step of the last point of the training under way; 0 before the first one."""
        return self._points[-1].step if self._points else 0

    @property
    def steps_per_epoch(self) -> int:
        """Raises `NotOpen`."""
        return per_epoch(len(self.data.images), self.config)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The last ones, oldest first; those of before a restart as far as records tell."""
        return tuple(self._messages)

    @property
    def predictions(self) -> Predictions | None:
        """What the model says of all images, as it is or as it was; `None` until `predict` was done once."""
        return self._predictions

    @property
    def predictions_outdated(self) -> bool:
        """Whether the model has learnt since all images were predicted, or they never were."""
        return self._data is not None and (self._predictions is None or self._predictions.step != self._step)

    @property
    def model_version(self) -> int:
        """Grows whenever the model on disk may be another."""
        return self._model_version

    @property
    def step(self) -> int:
        """How many steps the model on disk has learnt."""
        return self._step

    @property
    def trained(self) -> bool:
        return self._step > 0

    @property
    def latent_version(self) -> int:
        """Grows with each new `predictions`."""
        return self._predicted

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        """All runs, newest first."""
        return self._records

    @property
    def run_names(self) -> Mapping[int, str]:
        """What people call runs, by number; those that have a name."""
        return self._run_names

    @property
    def unread(self) -> Exception | None:
        """Why images, labels or model could not be read; some of it can be answered."""
        return self._unread

    @property
    def labels_elsewhere(self) -> LabelsElsewhere | None:
        """Labels of the same images in another folder, while there are none here."""
        return self._elsewhere

    def hear_message(self, message: Message) -> None:
        with self._lock:
            self._messages.append(message)
            if message.type == MessageType.EPOCH_COMPLETE and message.metrics is not None:
                self._history = (*self._history[: message.metrics.epoch - 1], message.metrics)
                self._tell(eta=self._eta(self._status.fraction))
            self._turns += message.turns
            self._version += 1

    def hear_point(self, point: TrainingPoint) -> None:
        with self._lock:
            self._points = with_point(self._points, point)
            self._version += 1

    def hear_progress(self, fraction: float, text: str) -> None:
        with self._lock:
            state = self._status.state
            if state == State.STOPPING:
                return  # batches were under way as it was stopped
            state = State.TRAINING if state == State.STARTING else state
            self._tell(state=state, fraction=fraction, text=text, eta=self._eta(fraction))

    def _eta(self, fraction: float) -> float | None:
        """Seconds that the rest takes if epochs are as long as the last ones, or steps as the first ones."""
        measured = [epoch.seconds for epoch in self._history[-_LAST_EPOCHS:]]
        if measured:
            return statistics.median(measured) * self._epochs * (1 - fraction)
        if self._first is None and fraction > 0:
            self._first = time.monotonic(), fraction
        if self._first is None or fraction <= self._first[1]:
            return None
        began, before = self._first
        return (time.monotonic() - began) * (1 - fraction) / (fraction - before)

    def _adopt(self, predicted: Predictions | None) -> None:
        self._predictions = predicted
        self._predicted += 1
        self._version += 1

    def _tell(self, **changes: Any) -> None:
        with self._lock:
            self._status = replace(self._status, **changes)
            self._version += 1
