"""Label review: labels that a filter contradicts with confidence.

A mail that the filter learnt from it has seen with its label; where it contradicts even then, the label is
all the odder. A label that somebody gave twice is not doubted again.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.mail.explaining.opinion import cautious_percent
from ipo.mail.labels.events import LabelEvent
from ipo.mail.mails import LABEL_NAMES, SPAM, MailSet
from ipo.mail.model.spam_model import Scores

CONFIDENT = 0.8  # probability of the other label

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Contradiction:
    """A label that the filter contradicts."""

    row: int
    label: int
    probability: float  # of the other label
    held_out: bool  # whether the filter never saw the label

    @property
    def reason(self) -> str:
        says = "safe" if self.label == SPAM else "spam"
        seen = "" if self.held_out else ", though it learnt from it"
        sure = cautious_percent(self.probability)
        return f"labelled {LABEL_NAMES[self.label]}, the filter says {says} ({sure}){seen}"


def contradictions(
    labels: NDArray[np.int8], scores: Scores, taught: Flags, confirmed: Flags
) -> list[Contradiction]:
    """The most contradicted label first.

    Per mail `(n,)`: its label now, scores, whether the filter learnt from it, whether its label is not to be
    doubted.
    """
    other = np.where(labels == SPAM, 1 - scores.probability, scores.probability)
    doubted = (labels >= 0) & ~confirmed & (scores.spam != (labels == SPAM)) & (other >= CONFIDENT)
    rows = np.flatnonzero(doubted)
    return [
        Contradiction(int(row), int(labels[row]), float(other[row]), not taught[row])
        for row in rows[np.argsort(-other[rows], kind="stable")]
    ]


def confirmed_labels(events: Iterable[LabelEvent], mails: MailSet) -> Flags:
    """Whether the label of each mail `(n,)` was given twice, by the data and a person or by persons."""
    confirmed = np.zeros(len(mails), bool)
    given = [LABEL_NAMES[code] for code in mails.given.tolist()]
    names = dict(enumerate(given))
    for event in events:
        for id_, label in event.pairs():
            row = mails.rows.get(id_)
            if row is not None:
                confirmed[row] = event.action == "label" and names.get(row) == label
                names[row] = given[row] if label == "given" else label
    return confirmed
