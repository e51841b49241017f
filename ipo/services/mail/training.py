"""The training of a filter for one set of mails: one at a time, on lane `train`, saved when it is done."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from background import Background, Job, Lane
from ipo.jobs import Progress
from ipo.mail.embedding.cache import EmbeddingCache
from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.features import MailFeatures, mail_features
from ipo.mail.mails import MailSet
from ipo.mail.training.params import TrainParams
from ipo.mail.training.pipeline import TrainingData, execute_training_pipeline
from ipo.mail.training.run import TrainRun
from ipo.services.exclusive_job import ExclusiveJob
from ipo.services.mail.saved_runs import SavedRuns

_EXPECTED = (OSError, ValueError)


class MailTraining:
    """What is asked for while a training is under way is left undone: one fit a click."""

    def __init__(self, home: Path, name: str, background: Background, runs: SavedRuns) -> None:
        self._home, self._name, self._runs = home, name, runs
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
        self, mails: MailSet, labels: NDArray[np.int8], features: MailFeatures | None, params: TrainParams
    ) -> None:
        """Train with the labels `(n,)` as they are now, unless a training is under way.

        `features` are prepared first where there are none yet.
        """
        work = partial(_train, self._home, self._name, mails, labels.copy(), features, params, self._runs)
        self._work.start(work, f"Train on {self._name}", _EXPECTED)

    def cancel(self) -> None:
        """End the training at its next step; the runs before stay as they are."""
        job = self._work.job
        if job is not None:
            job.cancel()


def _train(
    home: Path,
    name: str,
    mails: MailSet,
    labels: NDArray[np.int8],
    features: MailFeatures | None,
    params: TrainParams,
    runs: SavedRuns,
    progress: Progress,
) -> TrainRun:
    if features is None:
        features = mail_features(mails, mask=params.mask, progress=progress)
    cache = EmbeddingCache(embeddings_folder(home), open_embedder(params.embedder))
    run = execute_training_pipeline(TrainingData(name, mails, features, labels), params, cache, progress)
    runs.add(run)
    return run


def embeddings_folder(home: Path) -> Path:
    """Where encoded texts lie, of all sets."""
    return home / "mail" / "embeddings"
