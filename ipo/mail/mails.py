"""What a mail is, and a set of mails as columns."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

SAFE, SPAM = 0, 1
NONE = -1  # no label
UNSURE = -2  # somebody looked and could not say

LABEL_NAMES = {SAFE: "safe", SPAM: "spam", NONE: "", UNSURE: "unsure"}

_NO_DATE = -1
_ID_DIGITS = 16  # of the sha256, in hex


@dataclass(frozen=True)
class Mail:
    """One mail as a person reads it: decoded, HTML as text, without headers other than the subject."""

    id: str
    title: str
    body: str
    given: int  # label that the data gave: SAFE, SPAM or NONE
    date: int | None  # seconds since 1970, UTC
    links: tuple[str, ...]  # addresses that HTML or text links to
    source: str  # where it came from, as in “inbox.mbox, message 12”


@dataclass(frozen=True, eq=False)
class MailSet:
    """Mails as columns in one order; ids are unique. Never changed."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    bodies: tuple[str, ...]
    given: NDArray[np.int8]  # (n,) SAFE, SPAM or NONE
    dates: NDArray[np.int64]  # (n,) seconds since 1970, UTC; -1 where unknown
    links: tuple[tuple[str, ...], ...]
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def mail(self, row: int) -> Mail:
        date = int(self.dates[row])
        return Mail(
            self.ids[row],
            self.titles[row],
            self.bodies[row],
            int(self.given[row]),
            None if date == _NO_DATE else date,
            self.links[row],
            self.sources[row],
        )

    def row(self, id: str) -> int:
        """Raises `KeyError` for a mail that is not in the set."""
        return self.rows[id]

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each id."""
        return {id: row for row, id in enumerate(self.ids)}

    @cached_property
    def sha(self) -> str:
        """Hash of ids and given labels, in order: other for other data."""
        digest = hashlib.sha256("\n".join(self.ids).encode())
        digest.update(self.given.tobytes())
        return digest.hexdigest()


def collect(mails: Iterable[Mail]) -> MailSet:
    """The mails as a set, each id once: the first of its kind counts."""
    first: dict[str, Mail] = {}
    for mail in mails:
        first.setdefault(mail.id, mail)
    unique = list(first.values())
    given = np.array([mail.given for mail in unique], np.int8)
    dates = np.array([_NO_DATE if mail.date is None else mail.date for mail in unique], np.int64)
    given.setflags(write=False)
    dates.setflags(write=False)
    return MailSet(
        tuple(mail.id for mail in unique),
        tuple(mail.title for mail in unique),
        tuple(mail.body for mail in unique),
        given,
        dates,
        tuple(mail.links for mail in unique),
        tuple(mail.source for mail in unique),
    )


def content_id(content: bytes) -> str:
    """The id of a mail by its content: 16 hex digits of the sha256."""
    return hashlib.sha256(content).hexdigest()[:_ID_DIGITS]
