"""Where the two sessions that are here part: looked for on the inspector's lane, bit by bit."""

from dataclasses import dataclass

from ipo.inspector.capture.snapshots import Evicted
from ipo.inspector.explain.parting import Comparison, compare_runs
from ipo.inspector.inspected import Inspected
from ipo.inspector.sharing.inspection import inspection_of
from ipo.services.exclusive_job import ExclusiveJob


@dataclass(frozen=True)
class Compared:
    """What came of comparing two sessions as they were."""

    of: tuple[tuple[str, int], ...]  # id and version of each
    found: Comparison


class Partings:
    """Knows the last comparison."""

    def __init__(self, work: ExclusiveJob) -> None:
        self._work = work
        self._latest: Compared | None = None

    def of(self, here: Inspected, there: Inspected) -> Comparison | None:
        """What was found, unless one of them has changed since."""
        latest = self._latest
        return latest.found if latest is not None and latest.of == _versions(here, there) else None

    def look(self, here: Inspected, there: Inspected) -> None:
        """Compare all that both have, unless other work is under way."""
        now = _versions(here, there)

        def work() -> None:
            runs = [inspection_of(one, one.state().retained) for one in (here, there)]
            self._latest = Compared(now, compare_runs(*runs))

        self._work.start(work, "Look where the sessions part", (Evicted, ValueError))


def _versions(here: Inspected, there: Inspected) -> tuple[tuple[str, int], ...]:
    return (here.id, here.version), (there.id, there.version)
