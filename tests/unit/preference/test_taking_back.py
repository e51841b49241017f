"""Promises of undo and redo: the last act of the session, whatever it was, wherever it was done."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ipo.preference.events import Event, Kind
from ipo.preference.storage import numbered_folders, rows
from ipo.preference.storage.rows import BAD, GOOD
from tests.support.judging import OnDisk, Person


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path, tiles=4)


def test_undo_walks_from_the_last_act_to_the_first_and_redo_back_again(person: Person) -> None:
    first, second, third, fourth, fifth, *_ = hand = person.queue
    person.judges(first, GOOD)
    person.skips(second)
    person.prefers(third, fourth)
    person.relabels(first, BAD)
    person.removes(first)
    person.judges(first, GOOD)
    texts = [person.undoes() for _ in range(6)]
    assert texts == [
        "Good on row 2",
        "removal of row 1",
        "change of row 1 to Bad",
        "preference in pair 1",
        "skip of an image",
        "Good on row 1",
    ]
    assert person.undoes() == "" and person.queue[:5] == hand[:5]
    assert person.redoable == texts[::-1]
    assert [person.redoes() for _ in range(6)] == texts[::-1] and person.redoes() == ""
    assert person.labels == {first: GOOD} and person.queue[0] == fifth
    assert person.pairs_on_disk() == [f"{third}>{fourth}"]


def test_a_new_act_ends_redo(person: Person) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.judges(second, GOOD)
    person.undoes()
    person.relabels(first, BAD)
    for _ in range(2):
        assert person.redoes() == "" and person.on_disk() == OnDisk({first: BAD}, undone=1)
        person.restart()


def test_a_batch_is_one_act(person: Person) -> None:
    tiles = person.queue[:4]
    for number, id_ in enumerate(tiles):
        person.does(Kind.JUDGE, id_, BAD if number else GOOD, first=0)
    person.session.apply(person.log[:2])  # the rest comes with the next request
    person.session.apply(person.log)
    for id_ in (skipped := person.queue[:4]):
        person.does(Kind.SKIP, id_, first=4)
    person.session.apply(person.log)
    assert person.undoes() == "skip of 4 images" and person.queue[:4] == skipped
    person.restart()
    assert person.undoes() == "best of 4 images" and person.queue[:4] == tiles
    assert person.redoes() == "best of 4 images"
    assert person.on_disk() == OnDisk({id_: GOOD if id_ == tiles[0] else BAD for id_ in tiles}, undone=0)


def test_a_row_that_is_done_again_is_the_row_that_it_was(person: Person) -> None:
    first, *_ = person.queue
    person.judges(first, GOOD)
    folder = person.session.folder.path
    before = {path.name: path.read_bytes() for path in (folder / "rows" / "000001").iterdir()}
    person.undoes()
    person.restart()
    person.redoes()
    assert not list((folder / "undone").iterdir())
    after = {path.name: path.read_bytes() for path in (folder / "rows" / "000001").iterdir()}
    record, again = json.loads(before.pop("row.json")), json.loads(after.pop("row.json"))
    assert after == before
    assert [(act["action"], act["act"]) for act in again.pop("history")] == [
        ("judge", 1),
        ("undo", 2),
        ("redo", 3),
    ]
    del record["history"]
    assert again == record


def test_undo_after_a_relabel_brings_the_label_back_and_the_row_stays(person: Person) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.judges(second, GOOD)
    person.relabels(first, BAD)
    person.undoes()
    assert person.on_disk() == OnDisk({first: GOOD, second: GOOD}, undone=0)
    assert person.labels == {first: GOOD, second: GOOD}
    assert person.recent == [(second, GOOD), (first, GOOD)]
    (row, _) = person.session.store.open().rows
    assert [(act.action, act.label) for act in row.history] == [
        ("judge", GOOD),
        ("relabel", BAD),
        ("revert", GOOD),
    ]


def test_a_row_that_was_relabelled_and_taken_back_comes_back_with_its_label(person: Person) -> None:
    first, *_ = person.queue
    person.judges(first, GOOD)
    person.relabels(first, BAD)
    person.removes(first)
    assert (person.on_disk(), person.queue[0]) == (OnDisk({}, undone=1), first)
    for _ in range(2):
        person.undoes()
        assert person.labels == person.on_disk().labels == {first: BAD} and first not in person.queue
        person.redoes()
        assert person.on_disk() == OnDisk({}, undone=1)


def test_two_tabs_share_one_stack(person: Person) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.session.apply([Event("other tab", 0, Kind.JUDGE, second, BAD)])
    assert person.undoes() == "Bad on row 2"
    assert person.undoes() == "Good on row 1"
    (act, _) = person.session.view([]).redoable
    person.session.apply([Event("other tab", 1, Kind.REDO, act.event)])
    assert person.labels == {first: GOOD}


@pytest.mark.parametrize("kind", [Kind.UNDO, Kind.REDO])
def test_undo_in_a_tab_that_has_not_heard_of_the_last_act_does_nothing_and_says_so(
    person: Person, kind: Kind
) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    if kind == Kind.REDO:
        person.undoes()
    person.session.apply([Event("other tab", 0, Kind.JUDGE, second, BAD)])
    before = person.on_disk()
    person.session.apply([person.does(kind, person.log[0].id)])
    assert person.on_disk() == before and person.acknowledged == len(person.log) - 1
    assert person.notice.startswith("Something else was done in another tab meanwhile")
    assert person.undoes() == "Bad on row 2" and person.notice == ""


def test_an_image_that_was_skipped_and_then_judged_is_skipped_again_after_undo(person: Person) -> None:
    first, *_ = person.queue
    person.skips(first)
    person.session.apply([Event("other tab", 0, Kind.JUDGE, first, GOOD)])
    assert person.recent == [(first, GOOD)]
    person.undoes()
    assert person.recent == [(first, 0)] and first not in person.queue
    person.undoes()
    assert person.recent == [] and person.queue.count(first) == 1


def test_an_undo_that_cannot_be_saved_changes_nothing_and_is_tried_again(person: Person) -> None:
    first, *_ = person.queue
    person.judges(first, GOOD)
    person.relabels(first, BAD)
    record = person.session.store.path / "000001" / "row.json"
    content = record.read_bytes()
    record.unlink()
    record.mkdir()
    person.undoes()
    assert person.acknowledged == 1 and "Not saved" in person.notice
    assert person.labels == {first: BAD}
    record.rmdir()
    record.write_bytes(content)
    person.session.apply(person.log)
    assert (person.acknowledged, person.labels) == (2, {first: GOOD})


def test_of_a_batch_that_is_undone_in_part_the_rest_is_undone_when_sent_again(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiles = person.queue[:3]
    for id_ in tiles:
        person.does(Kind.JUDGE, id_, GOOD, first=0)
    person.session.apply(person.log)
    retire, count = rows.RowStore.retire, iter(range(9))

    def full(store: rows.RowStore, number: int) -> None:
        if next(count) == 1:
            raise OSError(28, "No space left")
        retire(store, number)

    with monkeypatch.context() as disk:
        disk.setattr(rows.RowStore, "retire", full)
        person.undoes()
    assert set(person.labels) == set(tiles[:2]) and "Not saved" in person.notice
    person.session.apply(person.log)
    assert person.labels == {} and person.queue[:3] == tiles
    assert person.redoes() == "best of 3 images" and set(person.on_disk().labels) == set(tiles)


def test_a_crash_between_the_history_and_the_move_loses_nothing(person: Person) -> None:
    first, *_ = person.queue
    person.judges(first, GOOD)
    person.undoes()
    person.redoes()
    folder = person.session.folder.path
    (folder / "rows" / "000001").rename(folder / "undone" / f"000001-{first}")  # it was not moved yet
    person.restart()
    assert person.labels == person.on_disk().labels == {first: GOOD}


def test_a_session_whose_acts_were_not_counted_is_undone_by_the_clock(person: Person) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.judges(second, BAD)
    person.relabels(first, BAD)
    for path in person.session.store.path.glob("*/row.json"):
        record = json.loads(path.read_text())
        for number, act in enumerate(record["history"]):
            del act["act"]
            act["at"] = f"2026-01-01T00:00:0{int(path.parent.name) + 4 * number}.000+00:00"
        path.write_text(json.dumps(record))
    person.restart()
    assert [person.undoes() for _ in range(2)] == ["change of row 1 to Bad", "Bad on row 2"]
    person.judges(second, GOOD)
    person.restart()
    assert [person.undoes() for _ in range(2)] == ["Good on row 3", "Good on row 1"]


def test_a_clock_that_is_set_back_does_not_make_an_older_act_the_last(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    earlier = (datetime.now(UTC) - timedelta(days=400)).isoformat(timespec="milliseconds")
    for module in (numbered_folders, rows):
        monkeypatch.setattr(module, "now", lambda: earlier)
    person.judges(second, BAD)
    person.restart()
    assert person.recent == [(second, BAD), (first, GOOD)]
    person.relabels(first, BAD)
    person.restart()
    person.undoes()
    assert person.on_disk() == OnDisk({first: GOOD, second: BAD}, undone=0)


def test_whatever_is_taken_back_the_last_ten_can_be_shown(tmp_path: Path) -> None:
    """Of several that come back at once, those in memory stay there while the others are read."""
    rng = np.random.default_rng(0)
    person = Person(tmp_path, tiles=9)
    for _ in range(20):
        batch, first = person.queue[: rng.integers(1, 10)], len(person.log)
        person.session.apply([person.does(Kind.JUDGE, id_, GOOD, first=first) for id_ in batch])
    for _ in range(200):
        walk = person.undoes if rng.random() < 0.6 else person.redoes
        walk()
        assert len(person.recent) == min(10, len(person.labels))
