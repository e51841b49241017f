"""What readers do to labels of mails in browsers: applied once, in order, acknowledged when on disk."""

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ipo.error_text import error_text
from ipo.mail.labels.store import LabelStore
from ipo.mail.mails import NONE, SAFE, SPAM, UNSURE, MailSet
from ipo.services.applied_events import AppliedEvents

logger = logging.getLogger(__name__)

_WHO = "the mailbox"


class MailboxEventKind(StrEnum):
    SPAM = "spam"
    SAFE = "safe"
    UNSURE = "unsure"
    CLEAR = "clear"
    UNDO = "undo"
    REDO = "redo"


_CODES = {
    MailboxEventKind.SPAM: SPAM,
    MailboxEventKind.SAFE: SAFE,
    MailboxEventKind.UNSURE: UNSURE,
    MailboxEventKind.CLEAR: NONE,
}


@dataclass(frozen=True)
class MailboxEvent:
    """One act of a reader. `mail` is the one that was on screen when a key was pressed."""

    client: str  # the load of a page
    seq: int
    kind: MailboxEventKind
    mail: str = ""  # its id; empty for undo and redo

    @property
    def id(self) -> str:
        """By which the log of labels knows it, also after a restart."""
        return f"{self.client}:{self.seq}"


class MailboxEvents:
    """The acts of all browsers on the labels of one set of mails. Safe for threads."""

    def __init__(self, store: LabelStore) -> None:
        self.error = ""  # why the last act is not on disk; empty if it is
        self._store = store
        self._applied = AppliedEvents()
        self._lock = threading.Lock()

    def apply(self, events: Sequence[MailboxEvent], mails: MailSet) -> None:
        """Apply events that were not applied yet, up to the first one that cannot be saved.

        An event about no mail of the set is passed over.
        """
        with self._lock:
            try:
                self._recall(events)
                for event in events:
                    if self._applied.is_new(event.client, event.seq):
                        self._apply(event, mails)
            except (OSError, ValueError) as error:
                logger.warning("labels of mails are not saved: %s", error)
                says = error_text(error).rstrip(".")
                self.error = f"{says}. What you did since then is kept in this tab."

    def forget_error(self) -> None:
        """Whoever asks tries again."""
        self.error = ""

    def acknowledged(self, clients: Iterable[str]) -> Mapping[str, int]:
        """The number of the last event of each client that was applied, where there is one."""
        return self._applied.acknowledged(clients)

    def _recall(self, events: Sequence[MailboxEvent]) -> None:
        """What was applied before a restart: all up to the last event of a client that is in the log.

        An earlier one may have changed nothing then, and would now.
        """
        for event in reversed(events):
            if not self._applied.knows(event.client) and self._store.was_applied(event.id):
                self._applied.note(event.client, event.seq)

    def _apply(self, event: MailboxEvent, mails: MailSet) -> None:
        if event.kind == MailboxEventKind.UNDO:
            self._store.undo(who=_WHO, event=event.id)
        elif event.kind == MailboxEventKind.REDO:
            self._store.redo(who=_WHO, event=event.id)
        elif event.mail in mails.rows:
            self._store.label([event.mail], _CODES[event.kind], who=_WHO, event=event.id)
        else:
            logger.warning("%s is passed over: there is no such mail", event.id)
        self.error = ""
        self._applied.note(event.client, event.seq)
