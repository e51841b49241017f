"""What a gallery shows of a session: its rows with values and verdicts, made on the decode lane.

What is asked for and not there yet is queued; whoever asked looks again. Nothing here blocks.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from ipo.error_text import error_text
from ipo.jobs import Submit
from ipo.preference.analysis.gallery import Entry, entries
from ipo.preference.analysis.verify import Match, Verdict, verify
from ipo.preference.session import PreferenceSession
from ipo.preference.state import RIDGE
from ipo.preference.storage.rows import Row
from ipo.services.background_cache import BackgroundCache, PortableJob
from ipo.services.row_predictions import RowPredictions


@dataclass(frozen=True)
class _Listed:
    """Entries, and what they were made of."""

    values: Mapping[str, float]
    generations: tuple[int, int | None]  # of the labels and of Ridge
    entries: Mapping[str, Entry]


class GalleryData:
    """Of one session. Every public method is quick and safe to call from any thread."""

    def __init__(self, session: PreferenceSession, submit: Submit) -> None:
        self.session = session
        self.predictions = RowPredictions(session, submit)
        self._submit = submit
        self._lock = threading.Lock()
        self._verdicts: dict[str, BackgroundCache[Row, Verdict]] = {}  # by candidate id, of those asked for
        self._listed: _Listed | None = None

    @property
    def running(self) -> bool:
        """Whether values or verdicts are on their way."""
        with self._lock:
            return self.predictions.running or any(cache.running for cache in self._verdicts.values())

    @property
    def version(self) -> int:
        """Another one whenever a value, a verdict or `running` may be another."""
        with self._lock:
            return self.predictions.version + sum(cache.version for cache in self._verdicts.values())

    def entries(self) -> Mapping[str, Entry]:
        """Every row by candidate id, oldest first, with its values as far as they are known."""
        values = self.predictions.values()
        state = self.session.state
        with state.w_lock:
            held_out = state.held_out
            generations = (state.pool.generation, state.train_status[RIDGE].generation)
        with self._lock:
            listed = self._listed
        if listed is None or listed.values is not values or listed.generations != generations:
            listed = _Listed(values, generations, entries(self.session.rows(), values, held_out))
            with self._lock:
                self._listed = listed
        return listed.entries

    def verdict(self, id_: str) -> Verdict | None:
        """What *Verify* found about a row; `None` if nobody asked or it is being looked at."""
        with self._lock:
            verdicts = self._verdicts.get(id_)
        if verdicts is None or verdicts.running:
            return None
        if verdicts.error is not None:
            return Verdict(Match.FAILED, f"Could not be verified: {error_text(verdicts.error)}")
        return verdicts.last

    def verifying(self, id_: str) -> bool:
        """Whether a row is being verified."""
        with self._lock:
            return id_ in self._verdicts and self._verdicts[id_].running

    def verify(self, id_: str) -> None:
        """Decode a row again and compare it with what was saved."""
        row = self.session.row(id_)
        if row is None:
            return
        with self._lock:
            verdicts = self._verdicts.setdefault(id_, BackgroundCache(self._submit, self._prepare_verdict))
        if not verdicts.running:
            verdicts.refresh(row)

    def _prepare_verdict(self, row: Row) -> PortableJob[Verdict]:
        session = self.session
        work = partial(verify, session.folder.path, session.shape, row, session.source)
        return PortableJob(f"verify row {row.number:06d}", work)
