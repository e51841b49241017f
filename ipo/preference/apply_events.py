"""What a user does to the candidates in hand, applied once and in order.

Events come from a browser that has already acted on them. Each carries a sequence number and names what it is
about. An event is applied once, saved, and then acknowledged; one that cannot be saved stays unacknowledged,
so that the browser keeps it.
"""

import logging
from collections.abc import Mapping, Sequence

from ipo.preference.acts.undo import UndoApplier
from ipo.preference.candidates import Candidate
from ipo.preference.dataset import PreferenceDataset, Stamp
from ipo.preference.events import Event, Kind
from ipo.preference.labelling_rate import LabellingRate
from ipo.preference.notices import not_saved
from ipo.preference.queue import CandidateQueue
from ipo.preference.storage.rows import Row
from ipo.preference.storage.sessions import FolderGone, SessionFolder
from ipo.preference.storage.stores import Stores

logger = logging.getLogger("ipo.preference.apply_events")


class EventApplier:
    """Applies the events of all browsers. Guarded by the session's lock."""

    def __init__(
        self, folder: SessionFolder, stores: Stores, dataset: PreferenceDataset, queue: CandidateQueue
    ) -> None:
        self._folder, self._stores = folder, stores
        self._dataset, self._queue = dataset, queue
        self._undo = UndoApplier(dataset, queue, stores.rows)
        self._acknowledged: dict[str, int] = {}  # client → last applied sequence number
        self._warnings: dict[str, str] = {}  # client → what its user should know
        self.rate = LabellingRate()

    def resume(self, acknowledged: Mapping[str, int]) -> None:
        """Go on after the events that are on disk."""
        self._acknowledged |= acknowledged

    def acknowledged(self, clients: Sequence[str]) -> dict[str, int]:
        """The last applied sequence number of each browser that has one."""
        return {client: self._acknowledged[client] for client in clients if client in self._acknowledged}

    def warning(self, clients: Sequence[str]) -> str:
        """What users should know about the last events of these browsers; empty if nothing."""
        return " ".join(self._warnings[client] for client in clients if client in self._warnings)

    def apply(self, events: Sequence[Event]) -> None:
        """Apply events in order, each once, up to the first that cannot be saved."""
        fresh = [event for event in events if event.seq > self._acknowledged.get(event.client, -1)]
        for client in {event.client for event in fresh}:
            self._warnings.pop(client, None)
        for event in fresh:
            try:
                warning = self._apply(event)
            except OSError as error:
                logger.error("%s not saved: %s", event, error)
                self._warnings[event.client] = not_saved(self._explained(error))
                break
            if warning:
                self._warnings[event.client] = warning
            self._acknowledged[event.client] = event.seq

    def _explained(self, error: OSError) -> OSError:
        """An error of a write; where a folder of the session is gone, that is what is to be said."""
        if isinstance(error, FileNotFoundError):
            stores = self._stores
            for folder in (self._folder.path, stores.rows.path, stores.pairs.path, stores.skips.path):
                if not folder.exists():
                    return FolderGone(folder)
        return error

    def _apply(self, event: Event) -> str:
        """Apply one event; what its user should know. Raises `OSError` if it could not be saved."""
        stamp = Stamp(event.id, self._dataset.history.number(event.id, event.first))
        match event.kind:
            case Kind.UNDO:
                return self._undo.undo(event.target, stamp)
            case Kind.REDO:
                return self._undo.redo(event.target, stamp)
            case Kind.SKIP:
                self._skip(event, stamp)
                return ""
            case Kind.RELABEL:
                return self._relabel(event, stamp)
            case Kind.REMOVE:
                return self._undo.remove(event.target, stamp)
            case _:
                return self._judge(event, stamp)

    def _skip(self, event: Event, stamp: Stamp) -> None:
        if event.target in self._queue.ids:
            candidate = self._queue.in_memory[event.target]
            self._dataset.skip(candidate, stamp)
            self._put_away([candidate])

    def _judge(self, event: Event, stamp: Stamp) -> str:
        """Save a judgement, or a preference of one candidate to another."""
        ids = [event.target, event.other] if event.kind == Kind.PREFER else [event.target]
        if any(map(self._dataset.judged, ids)):
            return self._judged_before(event, ids)
        candidates = [candidate for candidate in map(self._queue.find, ids) if candidate is not None]
        if len({candidate.id for candidate in candidates}) < len(ids):
            return "A judgement was about an image that is no longer there; it was dropped."
        if event.kind == Kind.PREFER:
            preferred, other = candidates
            self._dataset.prefer(preferred, other, event.label, stamp)
        else:
            self._dataset.judge(candidates[0], event.label, stamp)
        self._put_away(candidates)
        self.rate.note(stamp.act)
        return ""

    def _put_away(self, candidates: Sequence[Candidate]) -> None:
        for candidate in candidates:
            self._stores.rows.discard_pending(candidate.id)
            self._queue.remember(candidate)
            self._queue.remove(candidate.id)

    def _judged_before(self, event: Event, ids: list[str]) -> str:
        """Of these, one was judged already; that is said, unless it was judged just like this."""
        judged = [self._dataset.judged(id_) for id_ in ids]
        for id_, before in zip(ids, judged, strict=True):
            if before is not None:
                self._queue.remove(id_)
        first = judged[0]
        if isinstance(first, Row):
            same = event.kind == Kind.JUDGE and first.label == event.label
        else:
            same = first is not None and list(first.candidates) == ids
        which = "That image" if len(ids) == 1 else "One of these images"
        return "" if same else f"{which} was judged in another tab already; it stays as it was."

    def _relabel(self, event: Event, stamp: Stamp) -> str:
        row = self._dataset.rows.get(event.target)
        if row is None or row.label == event.label:
            return ""
        with self._undo.missing(row.item) as lost:
            self._dataset.relabel(row, event.label, stamp)
        return lost.warning
