"""In which order to read mails: rows of a set, the first one first, and why each is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ipo.mail.acquisition.pool import decision_margins
from ipo.mail.explaining.opinion import cautious_percent
from ipo.mail.mails import LABEL_NAMES, MailSet
from ipo.mail.model.spam_model import Scores
from ipo.mail.review import Contradiction
from ipo.mail.training.run import TEST, TrainRun

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Order:
    """Some or all mails of a set."""

    rows: Rows
    reasons: Mapping[int, str] = field(default_factory=dict)  # by row, where there is something to say


def newest_first(mails: MailSet) -> Order:
    """Mails without a date are last."""
    return Order(np.argsort(-mails.dates, kind="stable"))


def uncertain_first(scores: Scores) -> Order:
    """The nearest to its threshold first."""
    return Order(np.argsort(np.abs(decision_margins(scores)), kind="stable"))


def contradicted_first(found: list[Contradiction]) -> Order:
    """Labels that the filter contradicts."""
    return Order(np.array([one.row for one in found], np.int64), {one.row: one.reason for one in found})


def mistakes_on_test(run: TrainRun, mails: MailSet) -> Order:
    """Mails of the test part that were decided otherwise than they were labelled, the surest first."""
    tested = run.mails.places(TEST)
    scores, spam = run.scores.rows(tested), run.mails.spam[tested]
    wrong = np.flatnonzero(scores.spam != spam)
    wrong = wrong[np.argsort(-np.abs(decision_margins(scores)[wrong]), kind="stable")]
    reasons = {}
    for place in wrong.tolist():
        row = mails.rows.get(run.mails.ids[tested[place]])
        if row is not None:
            label = LABEL_NAMES[int(run.mails.labels[tested[place]])]
            decided = "spam" if scores.spam[place] else "safe"
            sure = cautious_percent(float(scores.probability[place]))
            reasons[row] = f"labelled {label}, decided {decided} ({sure} spam)"
    return Order(np.array(list(reasons), np.int64), reasons)
