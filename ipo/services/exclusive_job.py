"""Work on a lane, one piece at a time, and what came of the last. Every tab sees the same."""

import threading
from collections.abc import Callable
from typing import Any

from background import Background, Job, JobStatus, Lane
from ipo.error_text import error_text

QUICK_SECONDS = 0.25  # of work that is over before anybody reads of it


class ExclusiveJob:
    """What is asked for while something is under way is left undone: pages offer it only when idle."""

    def __init__(self, background: Background, lane: Lane, owner: object) -> None:
        self._background, self._lane, self._owner = background, lane, owner
        self._job: Job | None = None
        self._dismissed = False
        self._lock = threading.Lock()

    @property
    def job(self) -> Job | None:
        """The last work that was asked for, or what is under way."""
        return self._job

    @property
    def busy(self) -> bool:
        return self._job is not None and self._job.in_flight

    @property
    def lasting(self) -> bool:
        """Whether work waits, or has taken so long that a page should say so."""
        job = self._job
        return self.busy and job is not None and (job.elapsed > QUICK_SECONDS or bool(self.ahead))

    @property
    def problem(self) -> str:
        """Why the last work came to nothing; empty if it did not, or if that was read."""
        job = self._job
        if job is None or job.error is None or job.status != JobStatus.ERROR or self._dismissed:
            return ""
        return error_text(job.error)

    @property
    def ahead(self) -> str:
        """What the lane does before the work that was asked for; empty if that is under way or done."""
        running = self._background.running(self._lane)
        waits = self._job is not None and self._job.status == JobStatus.QUEUED
        return running.label if waits and running is not None else ""

    @property
    def version(self) -> Any:
        """Another one whenever something that a page shows of it may be another."""
        job = self._job
        doing = job and (id(job), job.status, round(job.fraction, 2), job.message)
        return doing, self.problem, self.ahead

    def start(
        self, work: Callable[..., Any], label: str, expected: tuple[type[Exception], ...] = ()
    ) -> Job | None:
        """Queue `work`, unless there is some. `expected` errors say enough without a traceback."""
        with self._lock:
            if self.busy:
                return None
            self._dismissed = False
            self._job = self._background.submit(
                self._lane, work, owner=self._owner, expected=expected, label=label
            )
            return self._job

    def dismiss(self) -> None:
        """The problem was read."""
        self._dismissed = True
