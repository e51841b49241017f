"""The contact sheet of a session: its rows with thumbnails, values and verdicts, all made on the decode lane.

What is asked for and not there yet is queued; whoever asked looks again. Nothing here blocks.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from ipo.error_text import error_text
from ipo.jobs import Progress, Submit
from ipo.preference.analysis.gallery import Entry, entries
from ipo.preference.analysis.row_predictions import RowPredictions
from ipo.preference.analysis.thumbnails import Thumbnails
from ipo.preference.analysis.verify import Match, Verdict, verify
from ipo.preference.session import PreferenceSession
from ipo.preference.state import RIDGE


@dataclass(frozen=True)
class _Listed:
    """Entries, and what they were made of."""

    values: Mapping[str, float]
    generations: tuple[int, int | None]  # of the labels and of Ridge
    entries: Mapping[str, Entry]


class GalleryData:
    """What a gallery shows of one session. Every public method is quick and safe to call from any thread."""

    def __init__(self, session: PreferenceSession, submit: Submit) -> None:
        self.session = session
        self.thumbnails = Thumbnails(session.store.image, submit)
        self.appraisal = RowPredictions(session, submit)
        self._submit = submit
        self._lock = threading.Lock()
        self._verdicts: dict[str, Verdict | None] = {}  # None while it is being looked at
        self._listed: _Listed | None = None

    @property
    def busy(self) -> bool:
        """Whether values or verdicts are on their way."""
        with self._lock:
            return self.appraisal.busy or None in self._verdicts.values()

    @property
    def finished(self) -> int:
        """Answers so far: a view that was drawn before the last one is out of date."""
        with self._lock:
            return self.appraisal.finished + sum(verdict is not None for verdict in self._verdicts.values())

    def entries(self) -> Mapping[str, Entry]:
        """Every row by candidate id, oldest first, with its values as far as they are known."""
        values = self.appraisal.values()
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
            return self._verdicts.get(id_)

    def verifying(self, id_: str) -> bool:
        """Whether a row is being verified."""
        with self._lock:
            return id_ in self._verdicts and self._verdicts[id_] is None

    def verify(self, id_: str) -> None:
        """Decode a row again and compare it with what was saved."""
        row = self.session.row(id_)
        with self._lock:
            if row is None or (id_ in self._verdicts and self._verdicts[id_] is None):
                return
            self._verdicts[id_] = None

        def look(progress: Progress) -> Verdict:
            return verify(self.session.store, row, self.session.decoder, progress)

        def adopt(verdict: Verdict) -> None:
            with self._lock:
                self._verdicts[id_] = verdict

        def failed(error: BaseException) -> None:
            adopt(Verdict(Match.FAILED, f"Could not be verified: {error_text(error)}"))

        self._submit(look, on_done=adopt, on_error=failed, label=f"verify row {row.number:06d}")
