"""What is known of a set of images, its labels and its model. Nothing here reads a file or waits for work."""

import statistics
import threading
from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.digits.config import Hyperparameters, SSVAEConfig
from ipo.digits.data import Data
from ipo.digits.epoch_metrics import EpochMetrics
from ipo.digits.labels.store import NONE, LabelStore
from ipo.digits.opening import LabelsElsewhere
from ipo.digits.predictions import Predictions
from ipo.digits.runs import RunRecord
from ipo.digits.status import LabelCounts, NotOpen, State, Status
from ipo.digits.training.messages import Message, MessageType
from ipo.digits.training.run import TRAINING_SHARE

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
        self._messages: deque[Message] = deque(maxlen=MESSAGES)
        self._predictions: Predictions | None = None
        self._predicted = 0
        self._held_out: NDArray[np.int64] | None = None
        self._unread: Exception | None = None  # why files could not be read, if that is the error
        self._elsewhere: LabelsElsewhere | None = None
        self._epochs = 0  # of the training under way
        self._records: tuple[RunRecord, ...] = ()

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
    def messages(self) -> tuple[Message, ...]:
        """The last ones, oldest first; those of before a restart as far as records tell."""
        return tuple(self._messages)

    @property
    def predictions(self) -> Predictions | None:
        """What the model says of all images; `None` until `open` is done."""
        return self._predictions

    @property
    def latent_version(self) -> int:
        """Grows with each new `predictions`."""
        return self._predicted

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        """All runs, newest first."""
        return self._records

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
            self._version += 1

    def hear_progress(self, fraction: float, text: str) -> None:
        with self._lock:
            state = self._status.state
            if state == State.STOPPING and fraction < TRAINING_SHARE:
                return  # of batches that were under way as it was stopped
            state = State.TRAINING if state == State.STARTING else state
            self._tell(state=state, fraction=fraction, text=text, eta=self._eta(fraction))

    def _eta(self, fraction: float) -> float | None:
        """Seconds that the rest of the training takes if its epochs are as long as the last ones."""
        measured = [epoch.seconds for epoch in self._history[-_LAST_EPOCHS:]]
        return statistics.median(measured) * self._epochs * (1 - fraction) if measured else None

    def _adopt(self, predicted: Predictions) -> None:
        self._predictions = predicted
        self._predicted += 1
        self._version += 1

    def _tell(self, **changes: Any) -> None:
        with self._lock:
            self._status = replace(self._status, **changes)
            self._version += 1
