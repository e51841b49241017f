"""What users asked for outside a session's own work: the job of each errand and what came of it.

Errands live in the workspace, so that a reloaded tab finds those that are under way.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from background import Background, Job, JobStatus, Lane


@dataclass(eq=False)
class SessionJob:
    """One thing that was asked for."""

    job: Job = field(init=False)
    result: Any = None  # of the work, once it is done

    @property
    def in_flight(self) -> bool:
        return self.job.in_flight

    @property
    def problem(self) -> str:
        """Why it came to nothing; empty while it may still succeed."""
        if self.job.status == JobStatus.CANCELLED:
            return "Cancelled; nothing was changed."
        return str(self.job.error) if self.job.status == JobStatus.ERROR else ""


class SessionJobs:
    """The last errand of each kind about each session."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._last: dict[tuple[str, str], SessionJob] = {}

    def begin(
        self,
        kind: str,
        about: str,
        lane: Lane,
        work: Callable[..., Any],
        *,
        on_done: Callable[[Any], None],
        label: str,
    ) -> SessionJob:
        """Queue `work` on a lane; `on_done(result)` adopts what it returns, on the lane's thread."""
        errand = SessionJob()

        def adopt(result: Any) -> None:
            on_done(result)
            errand.result = result

        errand.job = self._background.submit(
            lane, work, on_done=adopt, owner=errand, expected=(OSError, ValueError), label=label
        )
        self._last[kind, about] = errand
        return errand

    def last(self, kind: str, about: str) -> SessionJob | None:
        return self._last.get((kind, about))
