"""Mails by the words in their title and body."""

import threading
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ipo.mail.mails import MailSet

MOST_CHARACTERS, MOST_WORDS = 200, 10  # of what is looked for; what follows is not


class MailSearch:
    """Of one set of mails: upper and lower case are the same. Safe to use from any thread."""

    def __init__(self, mails: MailSet) -> None:
        self.mails = mails
        self._lock = threading.Lock()

    def rows(self, text: str) -> NDArray[np.int64]:
        """Mails that have every word of a text, in the order of the set; all for no word."""
        words = text[:MOST_CHARACTERS].casefold().split()[:MOST_WORDS]
        with self._lock:
            folded = self._folded
        found = [row for row, mail in enumerate(folded) if all(word in mail for word in words)]
        return np.array(found, np.int64)

    @cached_property
    def _folded(self) -> tuple[str, ...]:
        mails = self.mails
        return tuple(
            f"{title}\n{body}".casefold() for title, body in zip(mails.titles, mails.bodies, strict=True)
        )
