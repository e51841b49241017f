"""Steps of a session explained: each is taken once more on the inspector's lane, beside the session."""

from weakref import WeakKeyDictionary

from ipo.inspector.explain.step import StepExplanation
from ipo.inspector.inspected import Inspected
from ipo.inspector.session import InspectSession
from ipo.jobs import Progress
from ipo.services.exclusive_job import ExclusiveJob


class Explanations:
    """Knows the last one, as long as its session is there."""

    def __init__(self, work: ExclusiveJob) -> None:
        self._work = work
        self._latest: WeakKeyDictionary[Inspected, StepExplanation] = WeakKeyDictionary()

    def of(self, session: Inspected, step: int | None) -> StepExplanation | None:
        """`None` unless that step was explained last."""
        found = self._latest.get(session)
        return found if found is not None and found.step == step else None

    def explain(self, session: InspectSession, step: int) -> None:
        """Explain a step, unless other work is under way."""

        def work(progress: Progress) -> None:
            found = session.explain(step, progress)
            self._latest.clear()
            self._latest[session] = found

        self._work.start(work, f"Explain step {step}", (IndexError, ValueError))
