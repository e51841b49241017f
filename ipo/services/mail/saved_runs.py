"""Runs of one set of mails: what is listed of all, and the few that somebody looks at as a whole."""

from functools import partial
from pathlib import Path
from typing import Any

from ipo.error_text import error_text
from ipo.jobs import Submit
from ipo.mail.training.run import TrainRun
from ipo.mail.training.run_record import RunSummary
from ipo.mail.training.run_store import RunStore
from ipo.services.background_cache import BackgroundCache, PortableJob
from ipo.services.recent_values import RecentValues

_MOST_LOADED = 4  # the shown one and a comparison, in two tabs

Summaries = tuple[RunSummary, ...]


class SavedRuns:
    """Every method but `add` is quick, and all are safe to call from any thread."""

    def __init__(self, folder: Path, submit: Submit) -> None:
        self._store, self._folder = RunStore(folder), folder
        self._listed: BackgroundCache[int, Summaries] = BackgroundCache(submit, self._prepare_list)
        self._deleting: BackgroundCache[str, None] = BackgroundCache(
            submit, self._prepare_delete, lambda _: self.look()
        )
        self._loaded = RecentValues[str, TrainRun](submit, self._prepare_run, _MOST_LOADED)

    @property
    def summaries(self) -> Summaries:
        """All runs on disk, the newest first."""
        return self._listed.last or ()

    @property
    def listed(self) -> bool:
        """Whether it is known by now which runs there are."""
        return self._listed.last is not None

    @property
    def newest(self) -> str | None:
        """The id of the newest run."""
        return self.summaries[0].id if self.summaries else None

    @property
    def problem(self) -> str:
        """Why runs cannot be listed or deleted; empty if they can."""
        error = self._listed.error or self._deleting.error
        return "" if error is None else error_text(error)

    @property
    def version(self) -> Any:
        """Another one whenever something that a page shows of runs may be another."""
        return self._listed.version, self._deleting.version, self._loaded.version

    def look(self) -> None:
        """See which runs there are now, also those of another process."""
        self._listed.get(self._stamp())

    def run(self, id_: str) -> TrainRun | None:
        """A run as a whole; `None` while it is read, or where it cannot be."""
        return self._loaded.get(id_)

    def run_problem(self, id_: str) -> str:
        """Why a run cannot be read; empty if it can."""
        return self._loaded.problem(id_)

    def add(self, run: TrainRun) -> None:
        """Save a run. Raises `OSError`."""
        self._store.save(run)
        self.look()

    def delete(self, id_: str) -> None:
        """Delete a run for good."""
        self._deleting.refresh(id_)

    def _stamp(self) -> int:
        try:
            return self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _prepare_list(self, _: int) -> PortableJob[Summaries]:
        return PortableJob("List runs", partial(_list, self._store))

    def _prepare_run(self, id_: str) -> PortableJob[TrainRun]:
        return PortableJob(f"Read run {id_}", partial(self._store.load, id_))

    def _prepare_delete(self, id_: str) -> PortableJob[None]:
        return PortableJob(f"Delete run {id_}", partial(self._store.delete, id_))


def _list(store: RunStore) -> Summaries:
    return tuple(store.summaries())
