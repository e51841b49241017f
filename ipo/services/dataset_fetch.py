"""The fetch of a data set into the project folder: one in a process, whichever page or tab asked for it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from background import Background, Job, Lane
from ipo.datasets import mnist
from ipo.datasets.errors import FetchFailed
from ipo.embedding import efficientnet_weights
from ipo.jobs import Progress
from ipo.mail import corpus
from ipo.services.exclusive_job import ExclusiveJob


class Dataset(Protocol):
    """A module that brings a data set."""

    def available(self, home: Path) -> bool:
        """Whether it is there. Cheap."""

    def fetch(self, home: Path, progress: Progress) -> bool:
        """Bring what is missing or damaged. Raises `FetchFailed`."""


class DatasetFetch:
    """Has a lane of its own: it waits for no training, and no page takes it for work of its own."""

    def __init__(self, name: str, dataset: Dataset, home: Path, background: Background) -> None:
        self._name, self._dataset, self._home = name, dataset, home
        self._work = ExclusiveJob(background, Lane.FETCH, self)

    @property
    def available(self) -> bool:
        """Whether the files are there, no matter who brought them."""
        return self._dataset.available(self._home)

    @property
    def busy(self) -> bool:
        return self._work.busy

    @property
    def job(self) -> Job | None:
        """The fetch under way, or the last one."""
        return self._work.job

    @property
    def problem(self) -> str:
        """Why the last fetch failed; empty if it did not."""
        return self._work.problem

    @property
    def version(self) -> Any:
        """Another one whenever something that a page shows of the fetch may be another."""
        return self._work.version

    def start(self, on_done: Callable[[], object]) -> None:
        """Fetch what is missing or damaged, then call `on_done`, on the lane. One fetch at a time."""
        work = partial(_fetch, self._dataset.fetch, self._home, on_done)
        self._work.start(work, f"Fetch {self._name}", (FetchFailed,))


class Fetches:
    """All that a project folder can be brought from elsewhere."""

    def __init__(self, home: Path, background: Background) -> None:
        self.mnist = DatasetFetch("MNIST", mnist, home, background)
        self.mail = DatasetFetch("mails", corpus, home, background)
        self.embedder = DatasetFetch(efficientnet_weights.TITLE, efficientnet_weights, home, background)


def _fetch(
    fetch: Callable[[Path, Progress], bool], home: Path, on_done: Callable[[], object], progress: Progress
) -> None:
    fetch(home, progress)
    on_done()
