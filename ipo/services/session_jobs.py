"""What users asked for outside a session's own work: each job and what came of it.

They live in the workspace, so that a reloaded tab finds those that are under way.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from background import Background, Lane
from ipo.error_text import error_text
from ipo.jobs import Cancelled
from ipo.services.background_cache import BackgroundCache, PortableJob
from ipo.services.lanes import submit_on


class SessionJob(BackgroundCache[None, Any]):
    """One thing that was asked for, done once: `last` is what came of it."""

    @property
    def problem(self) -> str:
        """Why it came to nothing; empty while it may still succeed."""
        if isinstance(self.error, Cancelled):
            return "Cancelled; nothing was changed."
        return "" if self.error is None else error_text(self.error)


class SessionJobs:
    """The last job of each kind about each session."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._last: dict[tuple[str, str], SessionJob] = {}

    def begin(
        self, kind: str, about: str, lane: Lane, job: PortableJob[Any], on_done: Callable[[Any], None]
    ) -> SessionJob:
        """Queue a job on a lane; `on_done(result)` adopts what it returns, on the lane's thread."""
        submit = partial(submit_on, self._background, lane, expected=(OSError, ValueError))
        session_job = SessionJob(submit, lambda _: job, on_done)
        self._last[kind, about] = session_job
        session_job.refresh(None)
        return session_job

    def last(self, kind: str, about: str) -> SessionJob | None:
        return self._last.get((kind, about))
