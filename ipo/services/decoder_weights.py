"""Which weights of a trained decoder a new session begins with. They are read and kept in the background."""

import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from background import Background, Job, JobStatus, Lane
from ipo.decoders.versioned import DecoderFamily, NoModel, StoredWeights, mtime_stamp
from ipo.error_text import error_text


class LatestWeights:
    """Knows what was kept last of each family, until the file that it was taken from is another."""

    def __init__(self, home: Path, background: Background, families: Mapping[str, DecoderFamily]) -> None:
        self._home, self._background, self._families = home, background, families
        self._known: dict[str, StoredWeights | NoModel] = {}
        self._reading: set[str] = set()
        self._lock = threading.Lock()

    def name(self, family: str) -> str | None:
        """The decoder with the newest weights; `None` while they are read. Raises `NoModel`."""
        with self._lock:
            known = self._known.get(family)
            if family in self._reading:
                return None
            if known is not None and known.stamp == mtime_stamp(known.source):
                if isinstance(known, NoModel):
                    raise known
                return known.name
            self._reading.add(family)
        self._background.submit(
            Lane.DECODE,
            self._keep,
            family,
            on_end=partial(self._ended, family),
            expected=(NoModel,),
            label=f"read the weights of {family}",
        )
        return None

    def _keep(self, family: str) -> None:
        self._known[family] = self._families[family].keep(self._home)

    def _ended(self, family: str, job: Job) -> None:
        with self._lock:
            self._reading.discard(family)
            if isinstance(job.error, NoModel):
                self._known[family] = job.error
            elif job.status != JobStatus.OK:
                why = "it was cancelled" if job.error is None else error_text(job.error)
                says = f"The weights of {family} cannot be read: {why}"
                self._known[family] = NoModel(says, self._home, mtime_stamp(self._home))
