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
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.protocol import Decoder
from ipo.error_text import error_text
from ipo.jobs import Submit
from ipo.preference.candidates import Candidate
from ipo.preference.dataset import PreferenceDataset
from ipo.preference.events import Event, Kind
from ipo.preference.loading import Loaded, load, read_pairs, read_rows
from ipo.preference.notices import Notice
from ipo.preference.queue import CandidateQueue
from ipo.preference.recent_actions import Action, RecentActions
from ipo.preference.state import PreferenceState
from ipo.preference.storage.numbered_folders import Damaged
from ipo.preference.storage.pairs import Pair, PairStore
from ipo.preference.storage.rows import Row, RowStore
from ipo.preference.storage.sessions import SessionFolder, SessionKey
from ipo.preference.upkeep import Upkeep
from ipo.preference.view import RecentJudgement, SessionView
from ipo.project import why_unusable

logger = logging.getLogger("ipo.preference.session")

T = TypeVar("T")
_Read = tuple[T, NDArray[np.float32]]  # a row or a pair, and what a fit reads of it `(d,)`


class PreferenceSession:
    """One session at work. Every public method is quick and safe to call from any thread."""

    def __init__(
        self,
        home: Path,
        key: SessionKey,
        decoder: Decoder,
        submit: Submit,
        train: Callable[["PreferenceSession"], None],
    ) -> None:
        """Raises `ValueError` for a size that the decoder cannot make."""
        self.key = key
        self.decoder = decoder
        self.shape = decoder.info.latent_shape(key.size)
        self.folder = SessionFolder(home, key)
        self.store = RowStore(self.folder.path, self.shape)
        self.pair_store = PairStore(self.folder.path, self.shape)
        self.state = PreferenceState(int(np.prod(self.shape)))
        self.opened = False
        self.damaged: list[Damaged] = []
        self.notes: dict[Notice, str] = {}  # what users should know of the session until they have read it
        self._submit = submit
        self._train = train
        self._lock = threading.RLock()
        self._dataset = PreferenceDataset(self.folder, self.store, self.pair_store, self.state)
        self._recent = RecentActions()
        self._applied: dict[str, int] = {}
        self._judged_at: deque[float] = deque()
        self._opening = False
        self._notices: dict[str, str] = {}  # client → what its user should know
        self.queue = CandidateQueue(self.folder, self.store, decoder, self.state, submit, self._lock)
        self.queue.listed, self.queue.look = self._recent.candidates, self.look
        self._reconciler = Upkeep(
            self.folder, self._dataset, self._recent, self.queue, self.state, self.notes
        )

    def open(self) -> None:
        """Read the session from disk on the decode lane, then begin to decode candidates."""
        with self._lock:
            if self.opened or self._opening:
                return
            self._opening, self.queue.error = True, ""
            self._reconciler.read_settings()
        self._submit(
            self._load, on_done=self._adopt_rows, on_error=self._failed_to_open, label="open session"
        )

    def adopt(self, rows: Sequence[int], pairs: Sequence[int] = ()) -> None:
        """Take in rows and pairs that came into the folder from elsewhere, by number, on the decode lane."""
        self._submit(
            lambda: (read_rows(self.store, rows), read_pairs(self.pair_store, pairs)),
            on_done=self._adopt_read,
            on_error=lambda error: logger.error("imported rows were not read: %s", error),
            label="read imported rows",
        )

    def look(self) -> None:
        """See to it that the session's folder is there. What was lost with it is dropped; `notes` says so.

        Raises `OSError` where the folder is gone and cannot be made: nothing is dropped, it may come back.
        """
        with self._lock:
            changed = self.opened and self._reconciler.look()
        if changed:
            self._train(self)

    def look_closely(self) -> None:
        """See on the decode lane whether every row and pair is still on disk."""
        with self._lock:
            known = self._dataset.everything() if self.opened else []
        if known:
            self._submit(
                lambda: self._dataset.missing(known),
                on_done=self._adopt_missing,
                on_error=lambda error: logger.warning("nobody knows whether all rows are there: %s", error),
                label="look for rows",
            )

    def keep_settings(self) -> None:
        """Write how the session proposes and fits to its `session.json`, on the decode lane."""
        done, failed = self._reconciler.settings_kept, self._reconciler.settings_not_kept
        self._submit(self._keep_settings, on_done=done, on_error=failed, label="keep settings")

    def retry(self) -> None:
        """Try again what failed last: opening or decoding."""
        with self._lock:
            self.queue.error = ""
        if self.opened:
            self.queue.refill()
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
                    changed |= self._reconciler.look()
                    changed |= self._apply(event)
                except OSError as error:
                    logger.error("%s not saved: %s", event, error)
                    self._notices[event.client] = (
                        f"Not saved: {error}. Your judgements are kept in this tab; "
                        "make room or make the folder writable, then press Retry."
                    )
                    break
                self._applied[event.client] = event.seq
        self.queue.refill()
        if changed:
            self._train(self)

    def table(self, clients: Sequence[str]) -> SessionView:
        """What to show now, with acknowledgements and notices for the browsers that ask."""
        with self._lock:
            return SessionView(
                queue=self.queue.shown(),
                recent=[self._described(act) for act in self._recent],
                acknowledged={client: self._applied[client] for client in clients if client in self._applied},
                decoding=self.queue.decoding,
                notice=" ".join(self._notices[client] for client in clients if client in self._notices),
                error=self.queue.error,
            )

    def rows(self) -> list[Row]:
        """The judged rows as they are now, oldest first."""
        with self._lock:
            return list(self._dataset.rows.values())

    def row(self, candidate_id: str) -> Row | None:
        """The row of a candidate, if it is judged."""
        with self._lock:
            return self._dataset.rows.get(candidate_id)

    def pairs(self) -> list[Pair]:
        """The pairs as they are now, oldest first."""
        with self._lock:
            return self._dataset.pairs

    def labels_per_minute(self) -> int:
        with self._lock:
            while self._judged_at and self._judged_at[0] < time.monotonic() - 60:
                self._judged_at.popleft()
            return len(self._judged_at)

    def _keep_settings(self) -> None:
        self.look()
        self._reconciler.keep_settings()

    def _load(self) -> Loaded:
        self.folder.create()
        return load(self.store, self.pair_store)

    def _adopt_rows(self, loaded: Loaded) -> None:
        with self._lock:
            self._dataset.fill(loaded)
            self.damaged = [*loaded.rows.damaged, *loaded.pairs.damaged]
            self._applied |= loaded.applied
            self._recent.fill([act for act, _ in loaded.recent])
            for _, candidates in reversed(loaded.recent):
                for candidate in candidates:
                    self.queue.remember(candidate)
            self.opened, self._opening, self.queue.started = True, False, True
        for damaged in self.damaged:
            logger.warning("%s set aside: %s", damaged.folder, damaged.reason)
        self.queue.refill()
        self._train(self)

    def _adopt_read(self, found: tuple[Sequence[_Read[Row]], Sequence[_Read[Pair]]]) -> None:
        rows, pairs = found
        with self._lock:
            if not self.opened:
                return  # opening reads them too
            for row, features in rows:
                if self._is_new([row.candidate_id]):
                    self._dataset.add(row, features)
            for pair, difference in pairs:
                if self._is_new(pair.candidates):
                    self._dataset.add_pair(pair, difference)
            self._reconciler.top_up_recent()
        self.queue.refill()
        self._train(self)

    def _adopt_missing(self, missing: Sequence[Row | Pair]) -> None:
        with self._lock:
            changed = self._reconciler.drop(missing)
        if changed:
            self._train(self)

    def _is_new(self, ids: Sequence[str]) -> bool:
        """Whether none of these was judged here yet; then they leave the hand and the last ten."""
        if any(self._dataset.judged(id_) for id_ in ids):
            return False
        for id_ in ids:
            self.queue.leave(id_)
            self._recent.forget(id_)
        return True

    def _failed_to_open(self, error: BaseException) -> None:
        with self._lock:
            self._opening = False
            said = (
                why_unusable(self.folder.path, error)
                if isinstance(error, OSError)
                else f"{error_text(error)}."
            )
            self.queue.error = f"This session cannot be opened: {said}"

    def _apply(self, event: Event) -> bool:
        """Apply one event; True if labels changed. Raises `OSError` if it could not be saved."""
        if event.kind == Kind.UNDO:
            return self._undo(event)
        if event.kind == Kind.SKIP:
            if event.candidate in self.queue.ids:
                self.queue.leave(event.candidate)
                self._recent.add(Action(event.candidate, 0))
            return False
        if event.kind == Kind.RELABEL:
            return self._relabel(event)
        return self._judge(event)

    def _judge(self, event: Event) -> bool:
        """Save a judgement, or a preference of one candidate to another."""
        ids = [event.candidate, event.other] if event.kind == Kind.PREFER else [event.candidate]
        if self._judged_before(event, ids):
            return False
        candidates = [candidate for candidate in map(self.queue.find, ids) if candidate is not None]
        if len({candidate.id for candidate in candidates}) < len(ids):
            self._notices[event.client] = (
                "A judgement was about an image that is no longer there; it was dropped."
            )
            return False
        if event.kind == Kind.PREFER:
            act = self._dataset.prefer(candidates[0], candidates[1], event.label, event.id)
        else:
            act = self._dataset.judge(candidates[0], event.label, event.id)
        for candidate in candidates:
            self.store.discard(candidate.id)
            self.queue.remember(candidate)
            self.queue.leave(candidate.id)
        self._recent.add(act)
        self._judged_at.append(time.monotonic())
        return True

    def _judged_before(self, event: Event, ids: list[str]) -> bool:
        """Whether one of these was judged already; that is said, unless it was judged just like this."""
        judged = [self._dataset.judged(id_) for id_ in ids]
        if not any(judged):
            return False
        for id_, before in zip(ids, judged, strict=True):
            if before is not None:
                self.queue.leave(id_)
        first = judged[0]
        if isinstance(first, Row):
            same = event.kind == Kind.JUDGE and first.label == event.label
        else:
            same = first is not None and list(first.candidates) == ids
        if not same:
            which = "That image" if len(ids) == 1 else "One of these images"
            self._notices[event.client] = f"{which} was judged in another tab already; it stays as it was."
        return True

    def _relabel(self, event: Event) -> bool:
        row = self._dataset.rows.get(event.candidate)
        if row is None or row.label == event.label:
            return False
        try:
            self._dataset.relabel(row, event.label, event.id)
        except (FileNotFoundError, ValueError):
            return self._lost(row, event)
        self._recent.relabel(row.candidate_id, event.label)
        return True

    def _undo(self, event: Event) -> bool:
        """Take back what was done last to a candidate: a change of its label, or the judgement itself."""
        judged = self._dataset.judged(event.candidate)
        if judged is None:
            if self._recent.skipped(event.candidate):
                self._back_to_hand([self._listed(event.candidate)])
            return False
        try:
            if isinstance(judged, Row) and judged.earlier:
                self._recent.revert(judged.candidate_id, self._dataset.revert(judged, event.id))
                return True
            candidates = self._dataset.undo(judged, event.id, self.queue.known)
        except (FileNotFoundError, ValueError):
            return self._lost(judged, event)
        for candidate in candidates:
            self._deal_again(candidate)
        self._back_to_hand(candidates)
        return True

    def _deal_again(self, candidate: Candidate) -> None:
        try:
            self.store.deal(candidate)
        except OSError as error:
            logger.warning("candidate %s is kept in memory only: %s", candidate.id, error)

    def _lost(self, gone: Row | Pair, event: Event) -> bool:
        """Another process undid a row or a pair, or someone removed or damaged its files."""
        self._notices[event.client] = (
            f"{type(gone).__name__} {gone.number:06d} in the session's folder is gone or damaged; "
            "it was taken off the list."
        )
        self._recent.forget(event.candidate)
        self._dataset.forget(gone)
        return True

    def _back_to_hand(self, candidates: Sequence[Candidate]) -> None:
        """Show candidates next, in this order."""
        for candidate in reversed(candidates):
            self._recent.forget(candidate.id)
            self.queue.push_front(candidate)
        self._reconciler.top_up_recent()

    def _described(self, act: Action) -> RecentJudgement:
        if act.pair is None:
            return RecentJudgement(self._listed(act.id), act.label, act.order, earlier=act.earlier)
        preferred, other = act.pair.candidates
        return RecentJudgement(
            self._listed(preferred), act.label, act.order, self._listed(other), act.pair.side
        )

    def _listed(self, id_: str) -> Candidate:
        candidate = self.queue.known(id_)
        assert candidate is not None  # what is listed stays in memory
        return candidate
