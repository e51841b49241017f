"""What is taught in this process: the service of each set of images, and the work under way on it.

Every tab sees the same.
"""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from background import Background, Job, JobStatus, Lane
from ipo import claims
from ipo.datasets import mnist
from ipo.datasets.errors import DatasetError
from ipo.digits.config import SSVAEConfig
from ipo.digits.data import MNIST, available
from ipo.digits.service import Digits
from ipo.digits.status import State, TrainingFailed
from ipo.error_text import error_text
from ipo.jobs import Progress
from ipo.services.digits.label_events import LabelEvents
from ipo.services.digits.label_follower import LabelFollower
from ipo.services.digits.label_review import LabelReview
from ipo.services.digits.latent_map_data import LatentMapData
from ipo.services.digits.suggestions import Suggestions
from ipo.services.exclusive_job import ExclusiveJob
from ipo.services.lanes import submit_on

_TRAINING = "Train the SSVAE"

# What says enough without a traceback.
_EXPECTED = (DatasetError, OSError, ValueError, TrainingFailed, claims.Claimed)


class DigitsServices:
    """The sets of images that can be taught, and the service of each."""

    def __init__(self, home: Path, background: Background) -> None:
        self.sets = available(home)
        self._home, self._background = home, background
        self._services: dict[str, DigitsService] = {}
        self._lock = threading.Lock()

    def service(self, source: str) -> "DigitsService":
        with self._lock:
            if source not in self._services:
                self._services[source] = DigitsService(self._home, source, self._background)
            return self._services[source]

    def opened(self, source: str) -> "DigitsService | None":
        """The service of a set if somebody asked for it in this process; nothing is begun."""
        with self._lock:
            return self._services.get(source)

    def list(self) -> None:
        """Look again which sets there are; `sets` has them soon."""

        def adopt(found: tuple[str, ...]) -> None:
            self.sets = found

        self._background.submit(Lane.DECODE, available, self._home, on_done=adopt, label="list image sets")


class DigitsService:
    """Starts work on lane `train`, and says what came of the last; all images are predicted beside it."""

    def __init__(self, home: Path, source: str, background: Background) -> None:
        self.home, self.source = home, source
        self.digits = Digits(home, source)
        self.work = ExclusiveJob(background, Lane.TRAIN, self)
        self.latent_map = LatentMapData(self.digits)
        submit = partial(submit_on, background, Lane.CV, expected=(OSError, ValueError))
        self.suggestions = Suggestions(self.digits, self.latent_map, submit)
        self.label_review = LabelReview(self.digits, submit)
        self.follow_labels = LabelFollower(self.digits).follow
        self.label_events = LabelEvents(self.digits, self.suggestions.choose)
        self._background = background
        self._last: tuple[Callable[..., Any], str] | None = None
        self._looking: Job | None = None
        self._prediction: Job | None = None
        self._predicted_version = 0  # of the model that `_prediction` is about
        self._map_shown = False
        self._lock = threading.Lock()
        self._problem = ""  # of what was done at once
        self._again: Callable[[], None] = self.look  # does that again

    @property
    def has_data(self) -> bool:
        """Whether there is anything to open."""
        return self.source != MNIST or mnist.available(self.home)

    @property
    def opened(self) -> bool:
        """Whether labels, knobs and history are there: all that a training needs."""
        return self.digits.status.state != State.CLOSED

    @property
    def in_flight(self) -> bool:
        """Whether something is under way that a page shows once it is done."""
        return self.work.busy or (self._looking is not None and self._looking.in_flight)

    @property
    def predicting(self) -> bool:
        """Whether all images are being predicted, which nothing waits for."""
        return self._prediction is not None and self._prediction.in_flight

    @property
    def prediction(self) -> Job | None:
        """The last work that predicted all images."""
        return self._prediction

    @property
    def problem(self) -> str:
        """Why what was asked for last came to nothing; empty if it did not."""
        return self._problem or self.work.problem or self.digits.status.error or self._prediction_problem

    @property
    def _prediction_problem(self) -> str:
        job = self._prediction
        failed = job is not None and job.status == JobStatus.ERROR
        return error_text(job.error) if failed and job is not None and job.error is not None else ""

    @property
    def version(self) -> Any:
        """Another one whenever something that a page shows may be another."""
        labels = self.digits.labels.snapshot().version if self.opened else None
        job = self._prediction
        predicting = job and (id(job), job.status, round(job.fraction, 2))
        return self.digits.version, labels, self.work.version, self._problem, predicting

    @property
    def stoppable(self) -> bool:
        """Whether there is a training to stop, from its start to its end, that was not told so already."""
        training = self._training
        stopping = self.digits.status.state == State.STOPPING
        return training is not None and not training.cancel_requested and not stopping

    @property
    def _training(self) -> Job | None:
        """The training that is queued or under way."""
        job = self.work.job
        return job if job is not None and job.label == _TRAINING and job.in_flight else None

    def look(self) -> None:
        """Open, or see what another process did meanwhile."""
        if self.in_flight:
            return
        if self.opened:
            self._looking = self._background.submit(
                Lane.TRAIN, self._work, self.digits.look, expected=_EXPECTED, label="Look at labels"
            )
        elif not self.digits.status.error:  # else Retry is offered
            self._do(self.digits.open, "Open the digits")

    def show_map(self) -> None:
        """Somebody looks at the map: all images are predicted, also by a model that has learnt nothing."""
        self._map_shown = True
        self._predict()

    def train(self, epochs: int) -> None:
        """Train for so many epochs, going on where the last training ended."""
        self._do(partial(self.digits.train, epochs), _TRAINING)

    def stop(self) -> None:
        """End the training after its batch, or before it began."""
        training = self._training
        if training is not None:
            training.cancel()  # also before its process is there
        self.digits.stop()

    def begin_anew(self, config: SSVAEConfig) -> None:
        """Put the model aside and begin another."""
        self._do(partial(self.digits.begin_anew, config), "Begin a new model")

    def retry(self) -> None:
        """Try again what failed."""
        if self._problem:
            self._again()
        elif self.work.problem and self._last is not None:
            self._do(*self._last)
        elif self._prediction_problem:
            self._predicted_version = 0
            self._predict()
        else:
            self._do(self.digits.open, "Open the digits")

    def choose_white(self, white: int) -> None:
        """Say which number of the images is white."""
        self._do(partial(self.digits.choose_white, white), "Open the digits")

    def keep_labels(self) -> None:
        """Say that the labels hold for images that changed."""
        self._do(self.digits.keep_labels, "Keep the labels")

    def take_labels(self) -> None:
        """Go on with labels of the same images that lie elsewhere."""
        self._do(self.digits.take_labels, "Take over labels")

    def borrow(self, count: int) -> None:
        """Take true labels of the data set."""
        self._again, self._problem = partial(self.borrow, count), ""
        try:
            self.digits.borrow(count)
        except (OSError, ValueError) as error:
            self._problem = str(error)

    def rename_run(self, number: int, name: str) -> None:
        """Call a run by a name."""
        self._again, self._problem = partial(self.rename_run, number, name), ""
        try:
            self.digits.rename_run(number, name)
        except OSError as error:
            self._problem = error_text(error)

    def _do(self, work: Callable[..., Any], label: str) -> None:
        self._last, self._problem = (work, label), ""
        self.work.start(partial(self._work, work), label, _EXPECTED)

    def _work(self, work: Callable[..., Any], progress: Progress) -> None:
        try:
            work(progress=progress)
        finally:
            self._predict()

    def _predict(self) -> None:
        """Predict all images if the model has become another; what is under way for the old one ends."""
        digits = self.digits
        if not (digits.predictions_outdated and (digits.trained or self._map_shown)):
            return
        with self._lock:
            if digits.model_version == self._predicted_version:
                return
            if self._prediction is not None:
                self._prediction.cancel()
            self._predicted_version = digits.model_version
            self._prediction = self._background.submit(
                Lane.PREDICT, digits.predict, expected=_EXPECTED, label="Predict all images"
            )
