"""The rows of a session as a gallery lists them: filtered, sorted, and seen through a window.

Pure functions over small frozen records. An order that a user works through stays as it is while labels
and models change under it (`Order`), so that nothing jumps away from the pointer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ipo.preference.storage.rows import Row


class Sort(StrEnum):
    """What comes first."""

    NEWEST = "newest"
    HIGHEST = "highest"
    LOWEST = "lowest"
    DISAGREEMENT = "disagreement"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a gallery needs to know of a row to list it."""

    id: str
    number: int
    label: int
    proposer: str
    judged_at: str
    value: float | None  # by the model in use, now
    held_out: float | None  # by a fit that has not seen this row

    @property
    def contradicted(self) -> bool:
        """The fit that has not seen this row would have labelled it the other way."""
        return self.held_out is not None and self.held_out * self.label < 0


@dataclass(frozen=True)
class Query:
    """Which rows, and in what order. `label` and `proposer` are `None` for any."""

    label: int | None = None
    proposer: str | None = None
    sort: Sort = Sort.NEWEST


@dataclass(frozen=True)
class Order:
    """The rows that a query found, as they were when it was asked."""

    query: Query
    ids: tuple[str, ...]
    settled: bool  # False while the values that it sorts by are not there yet

    def without(self, gone: Iterable[str]) -> "Order":
        """The same order less some rows."""
        left_out = set(gone)
        return Order(self.query, tuple(id_ for id_ in self.ids if id_ not in left_out), self.settled)


def entries(
    rows: Iterable[Row], values: Mapping[str, float], held_out: Mapping[str, float]
) -> dict[str, Entry]:
    """Rows with what the models think of them, by candidate id."""
    return {
        row.candidate_id: Entry(
            row.candidate_id,
            row.number,
            row.label,
            row.candidate.proposer,
            row.judged_at,
            values.get(row.candidate_id),
            held_out.get(row.candidate_id),
        )
        for row in rows
    }


def ordered(listed: Iterable[Entry], query: Query) -> Order:
    """The rows that match a query, in its order.

    Rows without the number that it sorts by come last; what is equal comes newest first.
    """
    found = [entry for entry in listed if matches(entry, query)]
    found.sort(key=lambda entry: entry.number, reverse=True)  # a clock may be set back, numbers only rise
    if query.sort == Sort.NEWEST:
        return Order(query, tuple(entry.id for entry in found), settled=True)
    labels = np.array([entry.label for entry in found], np.int8)
    numbers = _numbers(found, query.sort)
    if query.sort == Sort.DISAGREEMENT:
        places = disagreement(labels, numbers)
    else:
        places = _rising(numbers if query.sort == Sort.LOWEST else -numbers)
    settled = not found or not np.isnan(numbers).all()
    return Order(query, tuple(found[place].id for place in places), settled)


def matches(entry: Entry, query: Query) -> bool:
    """Whether a row passes a query's filters."""
    return query.label in (None, entry.label) and query.proposer in (None, entry.proposer)


def disagreement(labels: NDArray[np.integer], held_out: NDArray[np.floating]) -> NDArray[np.intp]:
    """Places `(n,)` of rows by how much held-out values `(n,)` contradict labels ±1 `(n,)`, most first.

    Contradiction is −label · value. Rows without a value (NaN) come last; ties keep their order.
    Raises `ValueError` for arrays of different lengths.
    """
    if np.shape(labels) != np.shape(held_out):
        raise ValueError(
            f"{np.shape(labels)} labels, {np.shape(held_out)} held-out values: one for each would be right."
        )
    return _rising(np.asarray(labels) * np.asarray(held_out, np.float64))


def window(ids: Sequence[str], first: int, count: int, most: int) -> tuple[int, list[str]]:
    """The part of an order that a browser asks for: where it begins, and at most `most` rows."""
    begin = max(0, min(first, len(ids)))
    return begin, list(islice(ids, begin, begin + max(0, min(count, most))))


def proposers(listed: Iterable[Entry]) -> list[str]:
    """The proposers that rows came from, by name."""
    return sorted({entry.proposer for entry in listed})


def _numbers(found: Sequence[Entry], sort: Sort) -> NDArray[np.float64]:
    """What a sort looks at `(n,)`; NaN where it is not known."""
    numbers = (entry.held_out if sort == Sort.DISAGREEMENT else entry.value for entry in found)
    return np.array([np.nan if number is None else number for number in numbers], np.float64)


def _rising(numbers: NDArray[np.float64]) -> NDArray[np.intp]:
    """Places from the lowest number to the highest, NaN last."""
    return np.argsort(np.where(np.isnan(numbers), np.inf, numbers), kind="stable")
