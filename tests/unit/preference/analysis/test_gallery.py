"""Promises of the gallery's lists: what is found, in which order, and how much of it travels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.preference.analysis.gallery import (
    Entry,
    Order,
    Query,
    Sort,
    disagreement,
    entries,
    ordered,
    proposers,
    window,
)
from ipo.preference.storage.rows import BAD, GOOD, Row
from tests.support.judging import Person

LABEL = st.sampled_from([GOOD, BAD])
NUMBER = st.none() | st.floats(-2, 2)


@st.composite
def listings(draw: st.DrawFn) -> list[Entry]:
    """Rows as they may be: any labels, values that are known or not, judged in any order."""
    return [
        Entry(
            id=f"c{number}",
            number=number,
            label=draw(LABEL),
            proposer=draw(st.sampled_from(["random", "exploit"])),
            judged_at=f"2026-01-01T00:00:{draw(st.integers(10, 59))}",
            value=draw(NUMBER),
            held_out=draw(NUMBER),
        )
        for number in range(draw(st.integers(0, 12)))
    ]


@given(st.lists(st.tuples(LABEL, st.floats(-3, 3) | st.just(float("nan")))))
def test_the_row_that_is_contradicted_most_comes_first_and_rows_without_a_value_last(
    pairs: list[tuple[int, float]],
) -> None:
    labels, held_out = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    places = disagreement(labels, held_out)
    assert sorted(places) == list(range(len(pairs)))
    agreement = (labels * held_out)[places]
    known = agreement[~np.isnan(agreement)]
    assert (np.diff(known) >= 0).all()
    assert not np.isnan(agreement[: len(known)]).any()


def test_a_wrong_click_that_the_rest_contradicts_is_found_first() -> None:
    labels = np.array([GOOD, BAD, GOOD, BAD])
    held_out = np.array([0.8, -0.9, -0.7, 0.1])  # the third is the slip, the fourth a close call
    assert disagreement(labels, held_out).tolist() == [2, 3, 0, 1]


def test_labels_and_values_of_different_lengths_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(3,\) labels, \(2,\) held-out values: one for each"):
        disagreement(np.array([1, 1, -1]), np.array([0.1, 0.2]))


@given(listings(), st.none() | LABEL, st.none() | st.just("random"), st.sampled_from(Sort))
def test_an_order_holds_exactly_the_rows_that_match(
    listed: list[Entry], label: int | None, proposer: str | None, sort: Sort
) -> None:
    found = ordered(listed, Query(label, proposer, sort)).ids
    wanted = [e.id for e in listed if label in (None, e.label) and proposer in (None, e.proposer)]
    assert sorted(found) == sorted(wanted)


@given(listings(), st.sampled_from([Sort.HIGHEST, Sort.LOWEST]))
def test_values_rise_or_fall_along_the_order_and_rows_without_one_end_it(
    listed: list[Entry], sort: Sort
) -> None:
    by_id = {entry.id: entry for entry in listed}
    values = [by_id[id_].value for id_ in ordered(listed, Query(sort=sort)).ids]
    known = [value for value in values if value is not None]
    assert values[len(known) :] == [None] * (len(values) - len(known))
    assert known == sorted(known, reverse=sort == Sort.HIGHEST)


@given(listings())
def test_what_came_last_is_first_whatever_the_clock_said_and_breaks_ties(listed: list[Entry]) -> None:
    newest = ordered(listed, Query()).ids
    by_id = {entry.id: entry for entry in listed}
    numbers = [by_id[id_].number for id_ in newest]
    assert numbers == sorted(numbers, reverse=True)
    equal = [Entry(e.id, e.number, e.label, e.proposer, e.judged_at, 0.5, 0.5 * e.label) for e in listed]
    for sort in Sort:
        assert ordered(equal, Query(sort=sort)).ids == newest


@given(listings(), st.sampled_from(Sort))
def test_an_order_is_settled_once_there_is_a_number_to_sort_by(listed: list[Entry], sort: Sort) -> None:
    numbers = {
        Sort.NEWEST: [0.0],
        Sort.DISAGREEMENT: [entry.held_out for entry in listed],
    }.get(sort, [entry.value for entry in listed])
    settled = not listed or any(number is not None for number in numbers)
    assert ordered(listed, Query(sort=sort)).settled == settled


@given(listings())
def test_rows_that_are_gone_leave_and_the_others_keep_their_order(listed: list[Entry]) -> None:
    order = ordered(listed, Query())
    gone = order.ids[::2]
    assert order.without(gone) == Order(order.query, order.ids[1::2], order.settled)


@given(st.integers(0, 50), st.integers(-10, 60), st.integers(-10, 90), st.integers(0, 40))
def test_a_window_is_a_part_of_the_order_and_never_larger_than_allowed(
    length: int, first: int, count: int, most: int
) -> None:
    ids = [str(number) for number in range(length)]
    begin, part = window(ids, first, count, most)
    assert part == ids[begin : begin + len(part)]
    assert len(part) <= most
    if first >= 0 and first + count <= length and 0 <= count <= most:
        assert (begin, len(part)) == (first, count)


def test_entries_follow_judging_relabelling_and_undo(person: Person) -> None:
    first, second, third = person.queue[:3]
    for id_ in (first, second, third):
        person.judges(id_, GOOD)
    person.relabels(second, BAD)
    person.removes(third)
    listed = entries(person.session.rows(), {first: 0.25}, {first: -0.5, second: -0.5})
    assert {id_: entry.label for id_, entry in listed.items()} == {first: GOOD, second: BAD}
    assert (listed[first].value, listed[second].value) == (0.25, None)
    assert listed[first].contradicted and not listed[second].contradicted
    assert proposers(listed.values()) == ["random"]


def test_a_row_is_found_by_its_candidate_until_it_is_undone(person: Person) -> None:
    id_ = person.queue[0]
    assert person.session.row(id_) is None
    person.judges(id_, GOOD)
    row = person.session.row(id_)
    assert isinstance(row, Row) and person.session.rows() == [row]
    person.undoes()
    assert person.session.row(id_) is None and person.session.rows() == []
