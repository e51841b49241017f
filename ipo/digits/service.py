"""The digits workspace of one process: data, labels, the model's training, and what it predicts.

    digits = Digits(home)
    background.submit(Lane.TRAIN, digits.open, label="open digits")
    background.submit(Lane.TRAIN, digits.train, 10, label="train SSVAE")     # and again, to go on
    background.submit(Lane.PREDICT, digits.predict, label="predict")        # beside it
    digits.stop()                                                           # after the batch

These take their time and belong on a lane; everything else answers at once from what is known. torch is only
in the processes that these start, so that no page waits for it. `version` grows whenever any of that changes.
"""

import contextlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ipo import claims
from ipo.datasets.errors import DatasetError
from ipo.digits import opening, predictions
from ipo.digits.config import MOST_EPOCHS, Hyperparameters, SSVAEConfig
from ipo.digits.data import MNIST
from ipo.digits.folder import RESOURCE, DigitsFolder, folder_in
from ipo.digits.labels import ground_truth
from ipo.digits.labels.store import BadLabels, Labels, LabelStore, Signature, signature
from ipo.digits.predictions import Predictions
from ipo.digits.runs import RunRecord, Runs, run_of, runs_of_model
from ipo.digits.split import split_of
from ipo.digits.state import DigitsState
from ipo.digits.status import State
from ipo.digits.training.checkpoint_summary import BadCheckpoint, config_for, open_summary
from ipo.digits.training.messages import messages_from, predicted_message
from ipo.digits.worker.follow import Worker, complete, follow
from ipo.digits.worker.process import TrainingProcess
from ipo.error_text import error_text
from ipo.jobs import SILENT, Cancelled, Progress

logger = logging.getLogger(__name__)


class Digits(DigitsState):
    """One per process and data set. Safe for threads; one training at a time."""

    def __init__(
        self,
        home: Path,
        source: str = MNIST,
        *,
        start: Callable[[Mapping[str, Any]], Worker] = TrainingProcess,
    ) -> None:
        super().__init__()
        self.home, self.source = home, source
        self.folder: DigitsFolder = folder_in(home, source)
        self._start = start
        self._runs = Runs(self.folder.runs)
        self._files: Signature = None
        self._worker: Worker | None = None
        self._labels_unread: Exception | None = None  # why labels could not be followed

    # What may be asked for at once.

    def turn(self, **changes: float) -> Hyperparameters:
        """Turn knobs, also while it trains: the next step sees it. Raises `ValueError`."""
        with self._lock:
            self._knobs = self._knobs.turned(**changes)
            if self._worker is not None:
                self._worker.turn(changes)
            self._version += 1
            return self._knobs

    def stop(self) -> None:
        """End the training under way after its batch; what was learnt is kept."""
        with self._lock:
            if self._status.busy:
                self._tell(state=State.STOPPING, text="Stopping after this batch")
                if self._worker is not None:
                    self._worker.stop()

    def rename_run(self, number: int, name: str) -> None:
        """Call a run by a name, which is kept beside its record. Raises `OSError`."""
        self._runs.rename(number, name)
        with self._lock:
            self._run_names = self._runs.names()
            self._version += 1

    def borrow(self, count: int) -> Labels:
        """Label `count` more images with what the data set says they show, as many of each class as can be.

        Labels that are there stay, and one undo takes all of these back. Raises `NotOpen`, `BadLabels`,
        `OSError`, and `ValueError` where the data set does not say it or so many images are not left.
        """
        return ground_truth.label_from_ground_truth(self.labels, self.data, count)

    def follow_labels(self) -> bool:
        """Read labels.csv if another program wrote it; whether that changed anything.

        What is wrong with the file is said in `status` until it is right. Raises `NotOpen`.
        """
        before = self.labels.snapshot(), self._unread
        try:
            self.labels.refresh()
        except (BadLabels, OSError) as error:
            if self._unread is None:
                self._labels_unread = error
                self._cannot_read(error)
        else:
            if self._unread is self._labels_unread or isinstance(self._unread, BadLabels):
                self._can_read()
        return (self.labels.snapshot(), self._unread) != before

    # Work for a lane.

    def open(self, progress: Progress = SILENT) -> None:
        """Read images, labels, history and predictions, be they old; `predictions_outdated` says whether.

        Once at the start, and again to see what another process did meanwhile.
        Raises `DatasetError`, `BadLabels`, `BadCheckpoint` and `OSError`, and says so in `status`.
        """
        try:
            self._read(progress)
            predicted = self._kept_predictions()
        except Exception as error:
            self._cannot_read(error)
            raise
        self._can_read()
        with self._lock:
            self._adopt(predicted)

    def _read(self, progress: Progress) -> None:
        """Everything but predictions; from here on labels and knobs are there."""
        files = signature(self.folder.checkpoint)
        progress.report(0.0, "Reading images")
        _, found = opening.open_images(self.home, self.source)
        model = open_summary(self.folder.checkpoint, found)
        labels = LabelStore(self.folder.path, len(found.images), model.config.classes)
        records = tuple(self._runs.all())
        elsewhere = None
        if not labels.snapshot().count:
            elsewhere = opening.find_labels_elsewhere(self.home, self.folder, found)
        with self._lock:
            self._elsewhere = elsewhere
            self._data, self._labels, self._files = found, labels, files
            self._config, self._knobs, self._step = model.config, model.knobs, model.step
            self._held_out = split_of(len(found.images), model.config).validation
            self._history, self._records, self._run_names = model.history, records, self._runs.names()
            self._lineage, self._model_version = runs_of_model(records, model.step), self._model_version + 1
            if not self._messages:
                self._messages.extend(message for run in reversed(records) for message in messages_from(run))
            self._tell(state=State.IDLE, fraction=0.0, text="")

    def _kept_predictions(self) -> Predictions | None:
        """Those on disk, if they can be used."""
        try:
            return predictions.read(self.folder.predictions, self.data)
        except (predictions.BadPredictions, OSError) as error:
            logger.warning("Predictions on disk are not used: %s", error)
            return None

    def choose_white(self, white: int, progress: Progress = SILENT) -> None:
        """Answer `UnclearWhite`, and open. Raises what `open` does."""
        opening.choose_white(self.home, self.source, white)
        self.open(progress)

    def keep_labels(self, progress: Progress = SILENT) -> None:
        """Answer `OtherImages`, and open. Raises `InUse` and what `open` does."""
        opening.keep_labels(self.home, self.source)
        self.open(progress)

    def take_labels(self, progress: Progress = SILENT) -> None:
        """Go on with the labels that lie elsewhere, and open. Raises `InUse` and what `open` does."""
        if self._elsewhere is not None:
            opening.take_labels(self.folder, self.data, self._elsewhere)
            self.open(progress)

    def look(self, progress: Progress = SILENT) -> None:
        """See what another process did since `open`; quick where it did nothing. Raises what `open` does."""
        unread = self._data is None or isinstance(self._unread, DatasetError)
        if unread or signature(self.folder.checkpoint) != self._files:
            self.open(progress)
            return
        try:
            self.labels.refresh()
        except (BadLabels, OSError) as error:
            self._cannot_read(error)
            raise
        self._can_read()

    def _check_images(self) -> None:
        """They may have been exchanged since they were opened. Raises `DatasetError` and `OSError`."""
        try:
            opening.open_images(self.home, self.source)
        except (DatasetError, OSError) as error:
            self._cannot_read(error)
            raise

    def _cannot_read(self, error: Exception) -> None:
        self._unread = error
        self._tell(error=error_text(error))

    def _can_read(self) -> None:
        """An error of reading is over; one of a training stays until the next."""
        if self._unread is not None:
            self._unread = None
            self._tell(error="")

    def train(self, epochs: int, progress: Progress = SILENT) -> RunRecord:
        """Train for so many epochs, going on where the last training ended.

        Cancelled through `progress`, it ends as by `stop`, then raises `Cancelled`. Raises `Claimed` while
        the model is used elsewhere, `TrainingFailed`, `NotOpen`, `ValueError`, and `DatasetError` and
        `OSError` where the images are no longer those that were opened.
        """
        if isinstance(epochs, bool) or not 1 <= epochs <= MOST_EPOCHS:
            raise ValueError(f"{epochs!r} epochs; 1 to {MOST_EPOCHS} would be right.")
        with self._claimed("the training of the SSVAE"):
            self._check_images()
            self._epochs, self._first = epochs, None
            self._tell(state=State.STARTING, fraction=0.0, text="Starting", error="", eta=self._eta(0.0))
            try:
                run = self._train(epochs, progress)
            except Cancelled:
                raise
            except Exception as error:
                self._tell(error=error_text(error))
                raise
            finally:
                self._reload()
                self._tell(state=State.IDLE, text="", eta=None)
            if run is None:
                raise Cancelled("train the SSVAE")
            return run

    def _train(self, epochs: int, progress: Progress) -> RunRecord | None:
        """`None` where it was stopped before it began."""
        with self._lock:  # a knob is turned before or after the worker has them
            worker = self._worker = self._start(self._request("train", self.config, epochs=epochs))
            if self._status.state == State.STOPPING:
                worker.stop()
        try:
            done = follow(worker, self, progress)
            return None if done is None else run_of(done)
        finally:
            with self._lock:
                self._worker = None
            worker.close()

    def _reload(self) -> None:
        """What the training left in files."""
        files = signature(self.folder.checkpoint)
        with self._lock:
            with contextlib.suppress(BadCheckpoint, OSError):  # which `look` says
                self._step, self._files = open_summary(self.folder.checkpoint, self.data).step, files
                self._model_version += 1
            self._records, self._turns, self._points = tuple(self._runs.all()), (), ()
            self._lineage = runs_of_model(self._records, self._step)

    def predict(self, progress: Progress = SILENT) -> None:
        """Predict all images by the model on disk, in a process of its own beside everything else.

        Raises `NotOpen`, `TrainingFailed`, and `Cancelled` where it was through `progress`.
        """
        complete(self._start(self._request("predict", self.config)), progress)
        predicted = self._kept_predictions()
        with self._lock:
            self._adopt(predicted)
            self.hear_message(predicted_message())

    def begin_anew(self, config: SSVAEConfig | None = None, progress: Progress = SILENT) -> None:
        """Put the model aside, as a file that is named by the time, and go on with a new one of `config`.

        Labels and runs stay. Raises `Claimed` while it trains, `TrainingFailed` and `NotOpen`.
        """
        with self._claimed("the beginning of a new SSVAE"):
            fresh = config or config_for(self.data)
            complete(self._start(self._request("begin", fresh)), progress)
            with self._lock:
                self._config, self._history, self._step, self._lineage = fresh, (), 0, []
                self._model_version += 1
                self._adopt(None)
                self._files = signature(self.folder.checkpoint)
                self._held_out = split_of(len(self.data.images), fresh).validation
                self._tell(error="")

    def _claimed(self, owner: str) -> claims.Claim:
        try:
            return claims.claim(RESOURCE, owner)
        except claims.Claimed as error:
            self._tell(error=str(error))
            raise

    def _request(self, work: str, config: SSVAEConfig, **more: Any) -> Mapping[str, Any]:
        return {
            "work": work,
            "home": str(self.home),
            "data": self.source,
            "config": config.record(),
            "knobs": self._knobs.record(),
            **more,
        }
