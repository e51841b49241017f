"""The training of a filter for one set of mails: one at a time, on lane `train`, saved when it is done."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from background import Background, Job, Lane
from ipo.jobs import Progress
from ipo.mail.mails import MailSet
from ipo.mail.training.params import TrainParams
from ipo.mail.training.pipeline import TrainingData, execute_training_pipeline
from ipo.mail.training.run import TrainRun
from ipo.services.exclusive_job import ExclusiveJob
from ipo.services.mail.saved_runs import SavedRuns
from ipo.services.mail.shared_work import SharedEmbeddings, SharedFeatures

_EXPECTED = (OSError, ValueError)


class MailTraining:
    """What is asked for while a training is under way is left undone: one fit a click."""

    def __init__(self, name: str, background: Background, runs: SavedRuns) -> None:
        self._name, self._runs = name, runs
        self._work = ExclusiveJob(background, Lane.TRAIN, self)

    @property
    def job(self) -> Job | None:
        """The training under way, or the last one."""
        return self._work.job

    @property
    def busy(self) -> bool:
        return self._work.busy

    @property
    def problem(self) -> str:
        """Why the last training came to nothing; empty if it did not."""
        return self._work.problem

    @property
    def ahead(self) -> str:
        """What the lane does before; empty if nothing."""
        return self._work.ahead

    @property
    def version(self) -> Any:
        """Another one whenever something that a page shows of it may be another."""
        return self._work.version

    def start(
        self,
        mails: MailSet,
        labels: NDArray[np.int8],
        features: SharedFeatures,
        embeddings: SharedEmbeddings,
        params: TrainParams,
    ) -> None:
        """Train with the labels `(n,)` as they are now, unless a training is under way."""
        work = partial(_train, self._name, mails, labels.copy(), features, embeddings, params, self._runs)
        self._work.start(work, f"Train on {self._name}", _EXPECTED)

    def cancel(self) -> None:
        """End the training at its next step; the runs before stay as they are."""
        job = self._work.job
        if job is not None:
            job.cancel()


def _train(
    name: str,
    mails: MailSet,
    labels: NDArray[np.int8],
    features: SharedFeatures,
    embeddings: SharedEmbeddings,
    params: TrainParams,
    runs: SavedRuns,
    progress: Progress,
) -> TrainRun:
    data = TrainingData(name, mails, features.prepare(mails, params.mask, progress), labels)
    run = execute_training_pipeline(data, params, embeddings.cache(params.embedder), progress)
    runs.add(run)
    return run
