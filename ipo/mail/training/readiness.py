"""Whether there is enough to learn from: what is missing, and what would be wise."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.mail.features import MailFeatures
from ipo.mail.mails import SAFE, SPAM

LEAST_TOTAL, LEAST_EACH = 12, 6
GOOD_RATIO = 0.6


class NotReady(ValueError):
    """There are too few labels to train. Label more."""


@dataclass(frozen=True)
class Balance:
    """Labelled mails of each class."""

    spam: int
    safe: int

    @property
    def total(self) -> int:
        return self.spam + self.safe

    @property
    def ratio(self) -> float:
        """The smaller class by the larger one; 0 without labels."""
        return min(self.spam, self.safe) / max(1, self.spam, self.safe)

    @property
    def missing(self) -> tuple[str, ...]:
        """What keeps a training from beginning, in sentences; empty if nothing does."""
        found = [
            f"{least - count} more {name} {'mail is' if least - count == 1 else 'mails are'} needed: "
            f"{count} of at least {least}."
            for name, count, least in (("spam", self.spam, LEAST_EACH), ("safe", self.safe, LEAST_EACH))
            if count < least
        ]
        if not found and self.total < LEAST_TOTAL:
            found = [
                f"{LEAST_TOTAL - self.total} more labels are needed: {self.total} of at least {LEAST_TOTAL}."
            ]
        return tuple(found)

    @property
    def lopsided(self) -> bool:
        """Whether one class is so rare that more of it would be wise."""
        return self.ratio < GOOD_RATIO


@dataclass(frozen=True)
class Hygiene:
    """What is odd about the mails of a set."""

    duplicates: int  # mails whose text is nearly that of another one
    empty: int  # mails without a word to learn from
    contradictory: int  # labelled mails, near-duplicates of which have the other label


def balance(labels: NDArray[np.int8]) -> Balance:
    return Balance(int((labels == SPAM).sum()), int((labels == SAFE).sum()))


def hygiene(features: MailFeatures, labels: NDArray[np.int8]) -> Hygiene:
    sizes = Counter(features.groups.tolist())
    empty = sum(not text.strip() for text in features.texts)
    has_spam = set(features.groups[labels == SPAM].tolist())
    has_safe = set(features.groups[labels == SAFE].tolist())
    both = has_spam & has_safe
    labelled = (labels == SPAM) | (labels == SAFE)
    contradictory = int(np.isin(features.groups[labelled], list(both)).sum()) if both else 0
    return Hygiene(len(features.groups) - len(sizes), empty, contradictory)
