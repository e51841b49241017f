"""Which labelled mails are learnt from, which tune and which test: near-duplicates always together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.mail.mails import SAFE, SPAM

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of labelled mails, each in one part, in rising order."""

    train: Indices
    tune: Indices  # calibration, threshold and centre see it
    test: Indices  # looked at once in a run


def three_way_split(labels: NDArray[np.int8], groups: NDArray[np.int32], hold_out: float, seed: int) -> Split:
    """Labelled mails, drawn so that both classes have their share in each part and groups stay whole.

    Tune and test get half of `hold_out` each; a group too large for them is learnt from. Raises `ValueError`
    for a share that is not within 0 and 1.
    """
    _check(hold_out)
    rows = np.flatnonzero((labels == SAFE) | (labels == SPAM))
    numbers, members, sizes = np.unique(groups[rows], return_inverse=True, return_counts=True)
    composition = np.zeros((len(numbers), 2))
    np.add.at(composition, (members, labels[rows]), 1)
    order = np.random.default_rng(seed).permutation(len(numbers))
    order = order[np.argsort(-sizes[order], kind="stable")]  # large ones while there is room for them
    shares = np.array([1 - hold_out, hold_out / 2, hold_out / 2])
    room = shares[:, None] * composition.sum(0)
    part = np.empty(len(numbers), np.int64)
    for group in order:
        part[group] = np.argmax(room @ composition[group])
        room[part[group]] -= composition[group]
    return _split(rows, part[members])


def split_by_date(
    labels: NDArray[np.int8], groups: NDArray[np.int32], dates: NDArray[np.int64], hold_out: float
) -> Split:
    """Labelled mails by date: of each class the older ones train, the newest test, those between tune.

    A group goes where its oldest mail goes; mails without a date (-1) are old. Raises as `three_way_split`.
    """
    _check(hold_out)
    rows = np.flatnonzero((labels == SAFE) | (labels == SPAM))
    ages = np.empty(len(rows))  # from 0, the oldest of its class, to 1
    for code in (SAFE, SPAM):
        places = np.flatnonzero(labels[rows] == code)
        order = np.argsort(dates[rows[places]], kind="stable")
        ages[places[order]] = np.arange(len(places)) / max(1, len(places))
    numbers, members = np.unique(groups[rows], return_inverse=True)
    oldest = np.ones(len(numbers))
    np.minimum.at(oldest, members, ages)
    age = oldest[members]
    return _split(rows, (age >= 1 - hold_out).astype(np.int64) + (age >= 1 - hold_out / 2))


def _split(rows: Indices, part: NDArray[np.int64]) -> Split:
    return Split(rows[part == 0], rows[part == 1], rows[part == 2])


def _check(hold_out: float) -> None:
    if not 0 < hold_out < 1:
        raise ValueError(f"A share of {hold_out} to hold out; more than 0 and less than 1 would be right.")
