"""Judging: what a user does to the candidates in hand, applied once and in order.

Events come from a browser that has already acted on them. Each carries a sequence number and the id of
the candidate it is about. An event is applied once, saved, and then acknowledged; one that cannot be
saved stays unacknowledged, so that the browser keeps it.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.protocol import Decoder
from ipo.preference import latents
from ipo.preference.candidates import Candidate
from ipo.preference.events import Event, Kind
from ipo.preference.hand import Hand, Shown
from ipo.preference.numbered import Damaged
from ipo.preference.rows import OpenedRows, Row, RowStore
from ipo.preference.sessions import SessionFolder, SessionKey
from ipo.preference.state import PreferenceState
from ipo.progress import Submit

logger = logging.getLogger("ipo.preference.judging")

RECENT = 10  # judgements that stay editable


@dataclass(frozen=True)
class Judged:
    """A recent act: label 1, −1, or 0 for a skip."""

    candidate: Candidate
    label: int


@dataclass(frozen=True)
class Table:
    """What a page shows: the candidates in hand (first one first), the last acts (newest first)."""

    hand: list[Shown]
    recent: list[Judged]
    acknowledged: dict[str, int]  # client → last applied sequence number
    decoding: int  # candidates on their way
    notice: str  # what the user should know about the last events; empty if nothing
    error: str  # why no candidates come; empty if they do


class Judging:
    """One session at work. Every public method is quick and safe to call from any thread."""

    def __init__(
        self,
        home: Path,
        key: SessionKey,
        decoder: Decoder,
        submit: Submit,
        train: Callable[["Judging"], None],
    ) -> None:
        """Raises `ValueError` for a size that the decoder cannot make."""
        self.key = key
        self.decoder = decoder
        self.shape = decoder.info.latent_shape(key.size)
        self.folder = SessionFolder(home, key)
        self.store = RowStore(self.folder.path, self.shape)
        self.state = PreferenceState(int(np.prod(self.shape)))
        self.opened = False
        self.damaged: list[Damaged] = []
        self._submit = submit
        self._train = train
        self._lock = threading.RLock()
        self._rows: dict[str, Row] = {}  # candidate id → its row
        self._recent: deque[tuple[str, int]] = deque(maxlen=RECENT)  # newest last
        self._applied: dict[str, int] = {}
        self._judged_at: deque[float] = deque()
        self._opening = False
        self._notices: dict[str, str] = {}  # client → what its user should know
        self.hand = Hand(self.folder, self.store, decoder, self.state, submit, self._lock)
        self.hand.listed = lambda: {id_ for id_, _ in self._recent}

    def open(self) -> None:
        """Read the session from disk on the decode lane, then begin to decode candidates."""
        with self._lock:
            if self.opened or self._opening:
                return
            self._opening, self.hand.error = True, ""
        self._submit(
            self._load, on_done=self._adopt_rows, on_error=self._failed_to_open, label="open session"
        )

    def adopt(self, numbers: Sequence[int]) -> None:
        """Take in rows that came into the folder from elsewhere; they are read on the decode lane."""
        self._submit(
            lambda: self._read(numbers),
            on_done=self._adopt_read,
            on_error=lambda error: logger.error("imported rows were not read: %s", error),
            label="read imported rows",
        )

    def retry(self) -> None:
        """Try again what failed last: opening or decoding."""
        with self._lock:
            self.hand.error = ""
        if self.opened:
            self.hand.refill()
        else:
            self.open()

    def apply(self, events: Sequence[Event]) -> None:
        """Apply events in order, each once. Stops at the first that cannot be saved.

        Before the session is open nothing is applied: its rows say which events were applied already.
        """
        changed = False
        with self._lock:
            fresh = [event for event in events if event.seq > self._applied.get(event.client, -1)]
            if not fresh or not self.opened:
                return
            for client in {event.client for event in fresh}:
                self._notices.pop(client, None)
            for event in fresh:
                try:
                    changed |= self._apply(event)
                except OSError as error:
                    logger.error("%s not saved: %s", event, error)
                    self._notices[event.client] = (
                        f"Not saved: {error}. Your judgements are kept in this tab; "
                        "make room or make the folder writable, then press Retry."
                    )
                    break
                self._applied[event.client] = event.seq
        self.hand.refill()
        if changed:
            self._train(self)

    def table(self, clients: Sequence[str]) -> Table:
        """What to show now, with acknowledgements and notices for the browsers that ask."""
        with self._lock:
            return Table(
                hand=self.hand.shown(),
                recent=[Judged(self._listed(id_), label) for id_, label in reversed(self._recent)],
                acknowledged={client: self._applied[client] for client in clients if client in self._applied},
                decoding=self.hand.decoding,
                notice=" ".join(self._notices[client] for client in clients if client in self._notices),
                error=self.hand.error,
            )

    def rows(self) -> list[Row]:
        """The judged rows as they are now, oldest first."""
        with self._lock:
            return list(self._rows.values())

    def row(self, candidate_id: str) -> Row | None:
        """The row of a candidate, if it is judged."""
        with self._lock:
            return self._rows.get(candidate_id)

    def labels_per_minute(self) -> int:
        with self._lock:
            while self._judged_at and self._judged_at[0] < time.time() - 60:
                self._judged_at.popleft()
            return len(self._judged_at)

    def _load(self) -> "_Loaded":
        self.folder.create()
        self.store.create()
        found = self.store.open()
        last = sorted(found.rows, key=lambda row: row.judged_at)[-RECENT:]
        recent = [(self.store.candidate(row), row.label) for row in last]
        return _Loaded(found, latents.features(found.latents), recent)

    def _adopt_rows(self, loaded: "_Loaded") -> None:
        found = loaded.found
        with self._lock, self.state.w_lock:
            ids = [row.candidate_id for row in found.rows]
            self.state.pool.fill(ids, loaded.features, [row.label for row in found.rows])
            self._rows = dict(zip(ids, found.rows, strict=True))
            self.damaged = found.damaged
            for event in found.events:
                client, _, seq = event.rpartition(":")
                if seq.isdigit():  # else the row did not come from a browser
                    self._applied[client] = max(int(seq), self._applied.get(client, -1))
            for candidate, label in loaded.recent:
                self._recent.append((candidate.id, label))
                self.hand.remember(candidate)
            self.opened, self._opening, self.hand.started = True, False, True
        for row in self.damaged:
            logger.warning("row %s set aside: %s", row.folder, row.reason)
        self.hand.refill()
        self._train(self)

    def _read(self, numbers: Sequence[int]) -> list[tuple[Row, NDArray[np.float32]]]:
        """Rows with their features `(d,)`; one that cannot be read is named when the session is opened."""
        found = []
        for number in numbers:
            try:
                row, z = self.store.read(number)
            except (OSError, ValueError) as error:
                logger.warning("row %06d cannot be read: %s", number, error)
                continue
            found.append((row, latents.features(z[None])[0]))
        return found

    def _adopt_read(self, found: list[tuple[Row, NDArray[np.float32]]]) -> None:
        with self._lock:
            fresh = [(row, x) for row, x in found if row.candidate_id not in self._rows]
            if not self.opened:
                return  # opening reads them too
            for row, x in fresh:
                self._rows[row.candidate_id] = row
                self.hand.leave(row.candidate_id)
                self._forget_recent(row.candidate_id)
                with self.state.w_lock:
                    self.state.pool.add(row.candidate_id, x, row.label)
            self._top_up_recent()
        self.hand.refill()
        self._train(self)

    def _failed_to_open(self, error: BaseException) -> None:
        with self._lock:
            self._opening = False
            self.hand.error = (
                f"This session cannot be opened: {error}. The project folder must be a folder that you may "
                "write to; IPO_HOME names another."
            )

    def _apply(self, event: Event) -> bool:
        """Apply one event; True if labels changed. Raises `OSError` if it could not be saved."""
        if event.kind == Kind.UNDO:
            return self._undo(event)
        if event.kind == Kind.SKIP:
            if event.candidate in self.hand.ids:
                self._leave_hand(event.candidate, 0)
            return False
        row = self._rows.get(event.candidate)
        if event.kind == Kind.RELABEL:
            return row is not None and self._relabel(row, event)
        if row is not None:
            self.hand.leave(row.candidate_id)
            if row.label != event.label:
                self._notices[event.client] = (
                    "That image was judged in another tab already; it stays as it was."
                )
            return False
        candidate = self.hand.find(event.candidate)
        if candidate is None:
            self._notices[event.client] = (
                "A judgement was about an image that is no longer there; it was dropped."
            )
            return False
        self._ensure_folders()
        self._rows[candidate.id] = self.store.save(candidate, event.label, event.id)
        self.store.discard(candidate.id)
        self.hand.remember(candidate)
        self._leave_hand(candidate.id, event.label)
        self._judged_at.append(time.time())
        with self.state.w_lock:
            self.state.pool.add(candidate.id, latents.features(candidate.z[None])[0], event.label)
        return True

    def _relabel(self, row: Row, event: Event) -> bool:
        if row.label == event.label:
            return False
        try:
            self._rows[row.candidate_id] = self.store.relabel(row, event.label, event.id)
        except (FileNotFoundError, ValueError):
            return self._lost(row, event)
        self._recent = deque(
            ((id_, event.label if id_ == row.candidate_id else label) for id_, label in self._recent),
            maxlen=RECENT,
        )
        with self.state.w_lock:
            self.state.pool.relabel(row.candidate_id, event.label)
        return True

    def _undo(self, event: Event) -> bool:
        row = self._rows.get(event.candidate)
        if row is None:
            if any(id_ == event.candidate and label == 0 for id_, label in self._recent):
                self._back_to_hand(self._listed(event.candidate))
                self._top_up_recent()
            return False
        try:
            candidate = self.hand.known(row.candidate_id) or self.store.candidate(row)
            self.store.undo(row, event.id)
        except (FileNotFoundError, ValueError):
            return self._lost(row, event)
        del self._rows[row.candidate_id]
        self._deal_again(candidate)
        self._back_to_hand(candidate)
        self._top_up_recent()
        with self.state.w_lock:
            self.state.pool.remove(row.candidate_id)
        return True

    def _deal_again(self, candidate: Candidate) -> None:
        try:
            self.store.deal(candidate)
        except OSError as error:
            logger.warning("candidate %s is kept in memory only: %s", candidate.id, error)

    def _lost(self, row: Row, event: Event) -> bool:
        """Another process undid the row, or someone removed or damaged its files."""
        self._notices[event.client] = (
            f"Row {row.number:06d} in the session's folder is gone or damaged; it was taken off the list."
        )
        del self._rows[row.candidate_id]
        self._forget_recent(row.candidate_id)
        with self.state.w_lock:
            self.state.pool.remove(row.candidate_id)
        return True

    def _ensure_folders(self) -> None:
        """Somebody may have removed the session's folder while it was open."""
        if not self.folder.path.exists():
            logger.warning("%s was removed and is made again", self.folder.path)
            self.folder.create()
            self.store.create()

    def _top_up_recent(self) -> None:
        """Bring older rows into the last ten when some of them were undone."""
        shown = {id_ for id_, _ in self._recent}
        older = [row for row in self._rows.values() if row.candidate_id not in shown]
        older.sort(key=lambda row: (row.judged_at, row.number), reverse=True)
        for row in older[: RECENT - len(self._recent)]:
            try:
                candidate = self.hand.known(row.candidate_id) or self.store.candidate(row)
            except (OSError, ValueError) as error:
                logger.warning("row %06d cannot be shown again: %s", row.number, error)
                continue
            self._recent.appendleft((row.candidate_id, row.label))
            self.hand.remember(candidate)

    def _leave_hand(self, id_: str, label: int) -> None:
        self.hand.leave(id_)
        self._forget_recent(id_)
        self._recent.append((id_, label))

    def _back_to_hand(self, candidate: Candidate) -> None:
        self._forget_recent(candidate.id)
        self.hand.put_first(candidate)

    def _listed(self, id_: str) -> Candidate:
        candidate = self.hand.known(id_)
        assert candidate is not None  # what is listed stays in memory
        return candidate

    def _forget_recent(self, id_: str) -> None:
        self._recent = deque((entry for entry in self._recent if entry[0] != id_), maxlen=RECENT)


@dataclass(frozen=True)
class _Loaded:
    """What opening a session brings from the decode lane."""

    found: OpenedRows
    features: NDArray[np.float32]  # (n, d)
    recent: list[tuple[Candidate, int]]  # oldest first
