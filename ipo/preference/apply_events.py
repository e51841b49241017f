"""What a user does to the candidates in hand, applied once and in order.

Events come from a browser that has already acted on them. Each carries a sequence number and the id of
the candidate it is about. An event is applied once, saved, and then acknowledged; one that cannot be
saved stays unacknowledged, so that the browser keeps it.
"""

import logging
import time
from collections import deque
from collections.abc import Mapping, Sequence

from ipo.preference.candidates import Candidate
from ipo.preference.dataset import PreferenceDataset
from ipo.preference.events import Event, Kind
from ipo.preference.notices import not_saved
from ipo.preference.older_actions import list_older_actions
from ipo.preference.queue import CandidateQueue
from ipo.preference.recent_actions import Action, RecentActions
from ipo.preference.storage.pairs import Pair, PairStore
from ipo.preference.storage.rows import GOOD, Row, RowStore
from ipo.preference.storage.sessions import FolderGone, SessionFolder

logger = logging.getLogger("ipo.preference.apply_events")


class EventApplier:
    """Applies the events of all browsers. Guarded by the session's lock."""

    def __init__(
        self,
        folder: SessionFolder,
        rows: RowStore,
        pairs: PairStore,
        dataset: PreferenceDataset,
        queue: CandidateQueue,
        recent: RecentActions,
    ) -> None:
        self._folder, self._rows, self._pairs = folder, rows, pairs
        self._dataset, self._queue, self._recent = dataset, queue, recent
        self._acknowledged: dict[str, int] = {}  # client → last applied sequence number
        self._warnings: dict[str, str] = {}  # client → what its user should know
        self._judged_at: deque[float] = deque()

    def resume(self, acknowledged: Mapping[str, int]) -> None:
        """Go on after the events that are on disk."""
        self._acknowledged |= acknowledged

    def acknowledged(self, clients: Sequence[str]) -> dict[str, int]:
        """The last applied sequence number of each browser that has one."""
        return {client: self._acknowledged[client] for client in clients if client in self._acknowledged}

    def warning(self, clients: Sequence[str]) -> str:
        """What users should know about the last events of these browsers; empty if nothing."""
        return " ".join(self._warnings[client] for client in clients if client in self._warnings)

    def labels_per_minute(self) -> int:
        while self._judged_at and self._judged_at[0] < time.monotonic() - 60:
            self._judged_at.popleft()
        return len(self._judged_at)

    def apply(self, events: Sequence[Event]) -> bool:
        """Apply events in order, each once, up to the first that cannot be saved; true if labels changed."""
        changed = False
        fresh = [event for event in events if event.seq > self._acknowledged.get(event.client, -1)]
        for client in {event.client for event in fresh}:
            self._warnings.pop(client, None)
        for event in fresh:
            try:
                changed |= self._apply(event)
            except OSError as error:
                logger.error("%s not saved: %s", event, error)
                self._warnings[event.client] = not_saved(self._explained(error))
                break
            self._acknowledged[event.client] = event.seq
        self._queue.pin(self._recent.candidates())
        return changed

    def _explained(self, error: OSError) -> OSError:
        """An error of a write; where a folder of the session is gone, that is what is to be said."""
        if isinstance(error, FileNotFoundError):
            for folder in (self._folder.path, self._rows.path, self._pairs.path):
                if not folder.exists():
                    return FolderGone(folder)
        return error

    def _apply(self, event: Event) -> bool:
        """Apply one event; true if labels changed. Raises `OSError` if it could not be saved."""
        if event.kind == Kind.UNDO:
            return self._undo(event)
        if event.kind == Kind.SKIP:
            return self._skip(event)
        if event.kind == Kind.RELABEL:
            return self._relabel(event)
        return self._judge(event)

    def _skip(self, event: Event) -> bool:
        if event.candidate in self._queue.ids:
            self._queue.remember(self._queue.in_memory[event.candidate])
            self._queue.remove(event.candidate)
            self._recent.add(Action(event.candidate, 0))
        return False

    def _judge(self, event: Event) -> bool:
        """Save a judgement, or a preference of one candidate to another."""
        ids = [event.candidate, event.other] if event.kind == Kind.PREFER else [event.candidate]
        if self._judged_before(event, ids):
            return False
        candidates = [candidate for candidate in map(self._queue.find, ids) if candidate is not None]
        if len({candidate.id for candidate in candidates}) < len(ids):
            self._warnings[event.client] = (
                "A judgement was about an image that is no longer there; it was dropped."
            )
            return False
        self._recent.add(self._save(event, candidates))
        for candidate in candidates:
            self._rows.discard_pending(candidate.id)
            self._queue.remember(candidate)
            self._queue.remove(candidate.id)
        self._judged_at.append(time.monotonic())
        return True

    def _save(self, event: Event, candidates: Sequence[Candidate]) -> Action:
        if event.kind == Kind.PREFER:
            preferred, other = candidates
            pair = self._dataset.prefer(preferred, other, event.label, event.id)
            return Action(preferred.id, GOOD, pair)
        (candidate,) = candidates
        self._dataset.judge(candidate, event.label, event.id)
        return Action(candidate.id, event.label)

    def _judged_before(self, event: Event, ids: list[str]) -> bool:
        """Whether one of these was judged already; that is said, unless it was judged just like this."""
        judged = [self._dataset.judged(id_) for id_ in ids]
        if not any(judged):
            return False
        for id_, before in zip(ids, judged, strict=True):
            if before is not None:
                self._queue.remove(id_)
        first = judged[0]
        if isinstance(first, Row):
            same = event.kind == Kind.JUDGE and first.label == event.label
        else:
            same = first is not None and list(first.candidates) == ids
        if not same:
            which = "That image" if len(ids) == 1 else "One of these images"
            self._warnings[event.client] = f"{which} was judged in another tab already; it stays as it was."
        return True

    def _relabel(self, event: Event) -> bool:
        row = self._dataset.rows.get(event.candidate)
        if row is None or row.label == event.label:
            return False
        try:
            self._dataset.relabel(row, event.label, event.id)
        except (FileNotFoundError, ValueError) as error:
            return self._take_off(row, event, error)
        self._recent.relabel(row.candidate_id, event.label)
        return True

    def _undo(self, event: Event) -> bool:
        """Take back what was done last to a candidate: a change of its label, or the judgement itself."""
        judged = self._dataset.judged(event.candidate)
        if judged is None:
            if self._recent.skipped(event.candidate):
                self._show_again([self._queue.in_memory[event.candidate]])
            return False
        try:
            if isinstance(judged, Row) and judged.earlier:
                self._recent.revert(judged.candidate_id, self._dataset.revert(judged, event.id))
                return True
            candidates = self._dataset.undo(judged, event.id, self._queue.in_memory)
        except (FileNotFoundError, ValueError) as error:
            return self._take_off(judged, event, error)
        for candidate in candidates:
            self._save_pending(candidate)
        self._show_again(candidates)
        return True

    def _save_pending(self, candidate: Candidate) -> None:
        try:
            self._rows.save_pending(candidate)
        except OSError as error:
            logger.warning("candidate %s is kept in memory only: %s", candidate.id, error)

    def _take_off(self, judged: Row | Pair, event: Event, error: OSError | ValueError) -> bool:
        """Another process undid a row or a pair, or someone removed or damaged its files.

        Where the folder of all of them is gone, nobody knows, and the error is raised.
        """
        if self._dataset.folder_gone(judged):
            raise error
        self._warnings[event.client] = (
            f"{type(judged).__name__} {judged.number:06d} in the session's folder is gone or damaged; "
            "it was taken off the list."
        )
        self._recent.forget(event.candidate)
        self._dataset.forget(judged)
        return True

    def _show_again(self, candidates: Sequence[Candidate]) -> None:
        """Show candidates next, in this order."""
        for candidate in reversed(candidates):
            self._recent.forget(candidate.id)
            self._queue.push_front(candidate)
        list_older_actions(self._recent, self._dataset, self._queue)
