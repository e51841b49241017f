"""Promises of a session: saved before acknowledged, and the same after it was opened again."""

import os
from pathlib import Path

import pytest

from ipo.preference.events import Event, Kind
from ipo.preference.loading import RECENT
from ipo.preference.session import PreferenceSession
from ipo.preference.storage.rows import BAD, GOOD, RowStore
from ipo.preference.storage.sessions import SessionKey
from tests.support.flat_decoder import FlatDecoder
from tests.support.judging import Later, OnDisk, Person, run_now
from tests.support.small_disk import small_disk

# What cannot be saved


@pytest.mark.parametrize("act", ["judge", "relabel", "undo"])
def test_what_cannot_be_saved_is_not_acknowledged_and_is_applied_when_sent_again(
    person: Person, act: str
) -> None:
    first, second, third, *_ = person.queue
    person.judges(first, GOOD)
    before = person.on_disk(), person.labels, person.recent, person.queue
    if act == "judge":
        person.does(Kind.JUDGE, second, GOOD)
    else:
        person.does(Kind.RELABEL if act == "relabel" else Kind.REMOVE, first, BAD)
    person.does(Kind.JUDGE, third, BAD)
    for _ in range(2):
        with small_disk(80):
            person.session.apply(person.log)
        assert (person.on_disk(), person.labels, person.recent, person.queue) == before
        assert (person.acknowledged, person.trained) == (0, 2)
        notice = person.notice
        assert notice.startswith("Not saved: ") and notice.endswith("then press Retry.")
    person.session.apply(person.log)
    kept = {"judge": {first: GOOD, second: GOOD}, "relabel": {first: BAD}, "undo": {}}[act]
    assert person.on_disk() == OnDisk(kept | {third: BAD}, undone=int(act == "undo"))
    assert person.labels == kept | {third: BAD}
    assert (person.acknowledged, person.notice) == (2, "")


def test_a_full_disk_is_named_and_what_came_before_it_is_kept(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third, *_ = person.queue
    for id_ in (first, second, third):
        person.does(Kind.JUDGE, id_, GOOD)
    save = RowStore.save

    def full(store: RowStore, candidate: object, label: int, event: str, act: int) -> object:
        if event == person.log[1].id:
            raise OSError(28, os.strerror(28))
        return save(store, candidate, label, event, act)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(RowStore, "save", full)
        person.session.apply(person.log)
    assert person.notice == (
        "Not saved: [Errno 28] No space left on device. Your judgements are kept in this tab; "
        "make room or make the folder writable, then press Retry."
    )
    assert person.on_disk().labels == person.labels == {first: GOOD}
    assert (person.acknowledged, person.trained) == (0, 2)
    person.session.apply(person.log)
    assert person.on_disk().labels == dict.fromkeys((first, second, third), GOOD)


@pytest.mark.parametrize("act", [Kind.RELABEL, Kind.REMOVE])
def test_a_row_that_was_damaged_meanwhile_does_not_hold_up_later_judgements(
    person: Person, act: Kind
) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    (person.session.folder.path / "rows" / "000001" / "row.json").write_text("{")
    person.does(act, first, BAD)
    person.does(Kind.JUDGE, second, GOOD)
    person.session.apply(person.log)
    assert person.notice
    assert person.labels[second] == GOOD and person.acknowledged == 2


def test_the_notice_of_one_tab_is_not_cleared_by_another(person: Person) -> None:
    first, *_ = person.queue
    with small_disk(80):
        person.session.apply([person.does(Kind.JUDGE, first, GOOD)])
    person.session.apply([Event("other tab", 0, Kind.SKIP, person.queue[1])])
    assert person.notice.startswith("Not saved: ")


# Opening again


def test_reopening_restores_rows_the_last_ten_and_the_acknowledged_numbers(person: Person) -> None:
    judged = []
    for number in range(RECENT + 4):
        judged.append(person.queue[0])
        person.judges(judged[-1], GOOD if number % 2 else BAD)
    person.undoes()
    judged.pop()
    person.relabels(judged[2], GOOD)
    rows, recent, acknowledged = person.labels, person.recent, person.acknowledged
    person.restart()
    assert (person.labels, person.acknowledged) == (rows, acknowledged)
    assert person.recent == recent and len(person.recent) == RECENT
    before = person.on_disk()
    person.session.apply(person.log)
    assert (person.on_disk(), person.labels) == (before, rows)
    assert len(person.queue) == 7 and not set(person.queue) & set(rows)


def test_after_reopening_the_last_acts_can_be_undone_and_changed(person: Person) -> None:
    first, second, third, *_ = person.queue
    for id_ in (first, second, third):
        person.judges(id_, GOOD)
    shown = person.session.view([]).recent[0].candidate
    person.restart()
    person.undoes()
    person.relabels(second, BAD)
    assert person.on_disk() == OnDisk({first: GOOD, second: BAD}, undone=1)
    again = person.session.view([]).queue[0].candidate
    assert (again.id, again.png, again.z.tobytes()) == (shown.id, shown.png, shown.z.tobytes())


@pytest.mark.parametrize("act", ["relabel", "undo"])
def test_events_that_come_before_the_session_is_open_are_not_lost(person: Person, act: str) -> None:
    """A reloaded tab sends its log at once, while the rows are still being read."""
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.judges(second, GOOD)
    person.does(Kind.RELABEL if act == "relabel" else Kind.REMOVE, first, BAD)
    later = Later()
    person.restart(later)
    person.session.apply(person.log)
    later.run()
    person.session.apply([event for event in person.log if event.seq > person.acknowledged])
    assert person.labels == ({first: BAD, second: GOOD} if act == "relabel" else {second: GOOD})
    assert person.on_disk().labels == person.labels


def test_a_judgement_made_while_the_app_was_away_finds_its_image_after_a_restart(person: Person) -> None:
    shown = person.session.view([]).queue[0].candidate
    person.does(Kind.JUDGE, shown.id, GOOD)
    person.restart()
    person.session.apply(person.log)
    assert (person.on_disk().labels, person.notice) == ({shown.id: GOOD}, "")
    (row,) = person.session.store.open().rows
    stored = person.session.store.candidate(row)
    assert (stored.png, stored.z.tobytes(), stored.record()) == (shown.png, shown.z.tobytes(), shown.record())
    assert not (person.session.folder.path / "dealt" / shown.id).exists()


def test_an_undone_judgement_can_be_made_again_after_a_restart(person: Person) -> None:
    first, *_ = person.queue
    person.judges(first, GOOD)
    person.undoes()
    person.restart()
    person.judges(first, BAD)
    assert person.on_disk() == OnDisk({first: BAD}, undone=1)


@pytest.mark.parametrize("damage", ["image.png", "latent.npy", "candidate.json", "json"])
def test_a_dealt_candidate_that_is_damaged_is_no_image_at_all(person: Person, damage: str) -> None:
    first, second, *_ = person.queue
    folder = person.session.folder.path / "dealt" / first
    if damage == "json":
        (folder / "candidate.json").write_text('{"id": 3')
    else:
        (folder / damage).unlink()
    person.restart()
    person.judges(first, GOOD)
    person.judges(second, GOOD)
    assert person.on_disk().labels == {second: GOOD}
    assert person.acknowledged == 1


def test_damaged_rows_are_named_and_the_rest_is_there(person: Person) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.judges(second, BAD)
    (person.session.folder.path / "rows" / "000001" / "row.json").write_text("{")
    person.restart()
    assert person.session.opened
    assert [damaged.folder for damaged in person.session.damaged] == ["000001"]
    assert person.labels == {second: BAD}


@pytest.mark.parametrize("event", ["by hand", "imported:x", ""])
def test_a_row_whose_event_did_not_come_from_a_browser_does_not_stop_the_session(
    person: Person, event: str
) -> None:
    first, second, *_ = person.queue
    person.judges(first, GOOD)
    person.session.store.save(person.session.view([]).queue[0].candidate, BAD, event)
    person.restart()
    assert person.session.view([]).error == ""
    assert person.labels == {first: GOOD, second: BAD}


def test_a_project_folder_that_cannot_be_written_is_said_and_retried(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("a file where the folder should be")
    person = Person(home)
    view = person.session.view([])
    assert view.error.startswith("This session cannot be opened: ") and "IPO_HOME" in view.error
    assert (view.queue, person.session.opened) == ([], False)
    home.unlink()
    person.session.retry()
    assert person.session.view([]).error == "" and len(person.queue) == 7


def test_a_size_the_decoder_cannot_make_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Image size 65 is not a positive multiple of 8"):
        PreferenceSession(
            tmp_path, SessionKey("moss", 65, "flat"), FlatDecoder(), run_now, lambda session: None
        )
