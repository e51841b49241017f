"""What users do to labels in browsers: applied once and in order, and acknowledged once it is on disk."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ipo.digits.labels.store import LabelStore
from ipo.digits.status import NotOpen
from ipo.error_text import error_text
from ipo.services.applied_events import AppliedEvents

if TYPE_CHECKING:  # it brings torch, which a server that shows no digits does without
    from ipo.digits.service import Digits

logger = logging.getLogger(__name__)

_WHO = "the map"


class LabelEventKind(StrEnum):
    LABEL = "label"
    CLEAR = "clear"
    UNSURE = "unsure"
    UNDO = "undo"
    REDO = "redo"
    STRATEGY = "strategy"


@dataclass(frozen=True)
class LabelEvent:
    """One act of a user. `rows` are those that were selected when a key was pressed."""

    client: str  # the load of a page
    seq: int
    kind: LabelEventKind
    rows: Sequence[int] = ()
    label: int | None = None
    name: str = ""  # of a strategy

    @property
    def id(self) -> str:
        """By which the log of labels knows it, also after a restart."""
        return f"{self.client}:{self.seq}"

    def fits(self, count: int, classes: int) -> bool:
        """Whether it is about images and a class that there are."""
        if self.rows and not 0 <= min(self.rows) <= max(self.rows) < count:
            return False
        return self.label is None or 0 <= self.label < classes


class LabelEvents:
    """The acts of all browsers on the labels of one set of images. Safe for threads."""

    def __init__(self, digits: "Digits", choose_strategy: Callable[[str], None]) -> None:
        """`choose_strategy` takes the name of a strategy."""
        self.error = ""  # why the last act is not on disk; empty if it is
        self._digits, self._choose_strategy = digits, choose_strategy
        self._applied = AppliedEvents()
        self._lock = threading.Lock()

    def apply(self, events: Iterable[LabelEvent]) -> None:
        """Apply events that were not applied yet, up to the first one that cannot be saved.

        An event that fits no image or class is passed over. Before labels are read nothing is applied.
        """
        try:
            store = self._digits.labels
        except NotOpen:
            return
        events = list(events)
        with self._lock:
            try:
                self._recall(store, events)
                for event in events:
                    if self._applied.is_new(event.client, event.seq):
                        self._apply(store, event)
            except (OSError, ValueError) as error:
                logger.warning("labels are not saved: %s", error)
                self.error = f"{_sentence(error)} What you did since then is kept in this tab."

    def _recall(self, store: LabelStore, events: Sequence[LabelEvent]) -> None:
        """What was applied before a restart: all up to the last event of a client that is in the log.

        An earlier one may have changed nothing then, and would now.
        """
        for event in reversed(events):
            if not self._applied.knows(event.client) and store.was_applied(event.id):
                self._applied.note(event.client, event.seq)

    def _apply(self, store: LabelStore, event: LabelEvent) -> None:
        if not event.fits(store.count, store.classes):
            logger.warning("%s is passed over: there is no such image or class", event.id)
        elif event.kind == LabelEventKind.STRATEGY:
            self._choose_strategy(event.name)
        else:
            _change(store, event)
            self.error = ""
        self._applied.note(event.client, event.seq)

    def forget_error(self) -> None:
        """Whoever asks tries again."""
        self.error = ""

    def acknowledged(self, clients: Iterable[str]) -> Mapping[str, int]:
        """The number of the last event of each client that was applied, where there is one."""
        return self._applied.acknowledged(clients)


def _change(store: LabelStore, event: LabelEvent) -> None:
    match event.kind:
        case LabelEventKind.LABEL:
            store.label(event.rows, event.label, who=_WHO, event=event.id)
        case LabelEventKind.CLEAR:
            store.label(event.rows, None, who=_WHO, event=event.id)
        case LabelEventKind.UNSURE:
            store.mark_unsure(event.rows, who=_WHO, event=event.id)
        case LabelEventKind.UNDO:
            store.undo(who=_WHO, event=event.id)
        case LabelEventKind.REDO:
            store.redo(who=_WHO, event=event.id)


def _sentence(error: Exception) -> str:
    return f"{error_text(error).rstrip('.')}."
