"""Steps of a session explained: each is taken once more on the inspector's lane, beside the session."""

from dataclasses import dataclass

from ipo.inspector.explain.step import StepExplanation
from ipo.inspector.session import InspectSession
from ipo.jobs import Progress
from ipo.services.exclusive_job import ExclusiveJob


@dataclass(frozen=True)
class Explained:
    """A step of a session, and what was found."""

    session: str
    found: StepExplanation


class Explanations:
    """Knows the last one."""

    def __init__(self, work: ExclusiveJob) -> None:
        self._work = work
        self._latest: Explained | None = None

    def of(self, session: str, step: int | None) -> StepExplanation | None:
        """By the id of the session; `None` unless that step was explained last."""
        latest = self._latest
        return latest.found if latest and (latest.session, latest.found.step) == (session, step) else None

    def explain(self, session: InspectSession, step: int) -> None:
        """Explain a step, unless other work is under way."""

        def work(progress: Progress) -> None:
            self._latest = Explained(session.id, session.explain(step, progress))

        self._work.start(work, f"Explain step {step}", (IndexError, ValueError))
