"""Files of what was seen of a session, to be given to somebody else: written on the inspector's lane."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ipo.inspector.capture.snapshots import Evicted
from ipo.inspector.inspected import Inspected
from ipo.inspector.saved_sessions import file_name
from ipo.inspector.sharing.inspection import Inspection, inspection_of
from ipo.jobs import Progress
from ipo.services.exclusive_job import ExclusiveJob

Save = Callable[[Inspection, Path, Progress], None]


@dataclass(frozen=True)
class WrittenFile:
    """A file that is there, and the session that it is of."""

    session: str
    path: Path
    nbytes: int


class InspectionFiles:
    """Writes into the folder `inspections` of the project, and knows the last one."""

    def __init__(self, home: Path, work: ExclusiveJob) -> None:
        self.folder = home / "inspections"
        self.latest: WrittenFile | None = None
        self._work = work

    def add(self, session: Inspected, steps: Sequence[int], save: Save, suffix: str) -> None:
        """Have `save` write a file of these steps of a session, unless other work is under way."""
        now = datetime.now()
        name = Path(file_name(session.condition, session.seed, session.state().steps, now)).stem
        path = self.folder / f"{name}{suffix}"

        def work(progress: Progress) -> None:
            save(inspection_of(session, steps), path, progress)
            self.latest = WrittenFile(session.id, path, path.stat().st_size)

        self._work.start(work, f"Write {path.name}", (OSError, Evicted, ValueError))
