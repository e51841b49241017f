"""Promises of undo: it takes back the last act on an image, and that only."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ipo.preference.events import Event, Kind
from ipo.preference.storage import numbered_folders, rows
from ipo.preference.storage.rows import BAD, GOOD
from tests.support.judging import OnDisk, Person


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def last(person: Person) -> str:
    """The candidate that Backspace in the deck is about: that of the last act that is listed."""
    judged = max(person.session.view([]).recent, key=lambda judged: judged.order[-1])
    return judged.candidate.id


def test_undo_after_a_relabel_brings_the_label_back_and_the_row_stays(person: Person) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.judges(second, GOOD)
    person.relabels(first, BAD)
    person.undoes(first)
    assert person.on_disk() == OnDisk({first: GOOD, second: GOOD}, undone=0)
    assert person.labels == {first: GOOD, second: GOOD}
    assert person.recent == [(second, GOOD), (first, GOOD)]
    assert first not in person.queue
    (row, _) = person.session.store.open().rows
    assert [(act.action, act.label) for act in row.history] == [
        ("judge", GOOD),
        ("relabel", BAD),
        ("revert", GOOD),
    ]


def test_each_undo_takes_back_one_act_until_the_judgement_itself_is_gone(person: Person) -> None:
    first, *_ = person.queue
    person.judges(first, GOOD)
    for label in (BAD, GOOD, BAD):
        person.relabels(first, label)
    for label in (GOOD, BAD, GOOD):
        person.undoes(first)
        assert person.on_disk() == OnDisk({first: label}, undone=0)
    person.undoes(first)
    assert (person.on_disk(), person.queue[0]) == (OnDisk({}, undone=1), first)
    person.undoes(first)  # of what is not judged any more
    assert (person.on_disk(), person.queue[0]) == (OnDisk({}, undone=1), first)


def test_a_label_given_after_an_undo_is_what_the_next_undo_takes_back(person: Person) -> None:
    first, *_ = person.queue
    person.judges(first, GOOD)
    person.relabels(first, BAD)
    person.undoes(first)
    person.relabels(first, BAD)
    person.undoes(first)
    assert person.on_disk() == OnDisk({first: GOOD}, undone=0)
    person.undoes(first)
    assert person.on_disk() == OnDisk({}, undone=1)


def test_undo_knows_what_was_relabelled_before_a_restart(person: Person) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.judges(second, BAD)
    person.relabels(first, BAD)
    assert last(person) == first
    person.restart()
    assert last(person) == first
    person.undoes(first)
    assert person.on_disk() == OnDisk({first: GOOD, second: BAD}, undone=0)
    assert last(person) == second
    person.restart()
    assert last(person) == second
    person.session.apply(person.log)  # the browser sends everything again
    assert person.on_disk() == OnDisk({first: GOOD, second: BAD}, undone=0)


def test_the_last_act_is_the_relabel_wherever_it_was_done(person: Person) -> None:
    """From the strip, in the gallery or among the surprises of the value model, in this tab or another."""
    judged = person.queue[:3]
    for id_ in judged:
        person.judges(id_, GOOD)
    person.session.apply([Event("another tab", 0, Kind.RELABEL, judged[0], BAD)])
    assert last(person) == judged[0]
    person.undoes(judged[0])
    assert last(person) == judged[2]
    person.undoes(judged[2])
    assert last(person) == judged[1]


def test_a_relabel_before_the_last_judgement_is_not_the_last_act(person: Person) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.relabels(first, BAD)
    person.judges(second, GOOD)
    assert last(person) == second
    person.restart()
    assert last(person) == second
    person.undoes(second)
    assert last(person) == first
    person.undoes(first)
    assert person.on_disk() == OnDisk({first: GOOD}, undone=1)


def test_the_table_says_which_label_an_undo_brings_back(person: Person) -> None:
    first, second, third, *_ = person.queue
    person.judges(first, GOOD)
    person.relabels(first, BAD)
    person.skips(second)
    person.prefers(third, person.queue[1])
    pair, skipped, row = person.session.view([]).recent
    assert (pair.earlier, skipped.earlier, row.earlier) == ((), (), (GOOD,))


def test_undo_of_a_pair_and_of_a_skip_are_as_they_were(person: Person) -> None:
    first, second, third, *_ = person.queue
    person.prefers(first, second)
    person.skips(third)
    assert last(person) == third
    person.undoes(third)
    assert last(person) == first
    person.undoes(first)
    assert person.queue[:3] == [first, second, third]
    assert person.pairs_on_disk() == []


def test_an_undo_that_cannot_be_saved_changes_nothing_and_is_tried_again(person: Person) -> None:
    first, *_ = person.queue
    person.judges(first, GOOD)
    person.relabels(first, BAD)
    record = person.session.store.path / "000001" / "row.json"
    content = record.read_bytes()
    record.unlink()
    record.mkdir()
    person.undoes(first)
    assert person.acknowledged == 1 and "Not saved" in person.notice
    assert person.labels == {first: BAD}
    record.rmdir()
    record.write_bytes(content)
    person.session.apply(person.log)
    assert (person.acknowledged, person.labels) == (2, {first: GOOD})


def test_a_clock_that_is_set_back_does_not_make_an_older_act_the_last(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    earlier = (datetime.now(UTC) - timedelta(days=400)).isoformat(timespec="milliseconds")
    for module in (numbered_folders, rows):
        monkeypatch.setattr(module, "now", lambda: earlier)
    person.judges(second, BAD)
    for _ in range(2):
        assert person.recent == [(second, BAD), (first, GOOD)]
        assert last(person) == second
        person.restart()
    person.relabels(first, BAD)
    person.restart()
    person.undoes(first)
    assert person.on_disk() == OnDisk({first: GOOD, second: BAD}, undone=0)
