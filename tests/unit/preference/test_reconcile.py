"""Promises of a session whose folder others change: nothing on disk or in the browser's log is lost."""

import json
import shutil
from typing import Any

import pytest

from ipo.preference.notices import Notice
from ipo.preference.reconcile import FolderChanges, read_changes
from ipo.preference.storage.rows import BAD, GOOD
from tests.support.judging import Later, OnDisk, Person
from tests.support.stores import whole


def lost(person: Person) -> str:
    """What the session says was lost."""
    return person.session.notices.get(Notice.LOST, "")


def retry(person: Person) -> None:
    """Press Retry; the page sends its log again once the folder was read."""
    person.session.retry()
    person.session.apply(person.log)


@pytest.fixture
def judged(person: Person) -> Person:
    """Someone who has judged three images and a pair."""
    first, second, third, left, right, *_ = person.queue
    for id_ in (first, second, third):
        person.judges(id_, GOOD)
    person.prefers(left, right)
    return person


@pytest.mark.parametrize("gone", ["session", "project", "moved"])
def test_a_judgement_that_finds_no_folder_is_kept_in_the_tab_and_retry_saves_it_in_a_new_one(
    judged: Person, gone: str
) -> None:
    folder = judged.session.folder.path
    if gone == "moved":
        folder.rename(folder.with_name("elsewhere"))
    else:
        shutil.rmtree(folder if gone == "session" else judged.home)
    trained, before, next_ = judged.trained, judged.labels, judged.queue[0]
    judged.judges(next_, BAD)
    assert judged.notice == (
        f"Not saved: The folder {folder} is gone: it was removed, moved or replaced while the app ran. Put "
        "it back, or leave it and get a new one; then press Retry. Your judgements are kept in this tab."
    )
    assert (judged.labels, judged.acknowledged, folder.exists()) == (before, 3, False)
    retry(judged)
    assert lost(judged) == (
        f"The folder {folder} is gone: it was removed, moved or replaced while the app ran; 3 rows and "
        "1 pair that were in it are no longer on disk, and the models have forgotten them too. What you "
        "judge from now on is saved in a new folder of that name. If you have a copy of the old one, zip it "
        "and import it by the menu beside the session's name."
    )
    assert judged.on_disk() == OnDisk({next_: BAD}, undone=0)
    assert judged.labels == {next_: BAD} and judged.session.pairs() == []
    assert judged.recent == [(next_, BAD)]
    assert judged.trained > trained and judged.notice == ""
    judged.restart()
    assert judged.labels == {next_: BAD}


@pytest.mark.parametrize("act", ["judge", "prefer", "relabel", "undo", "undo a pair"])
@pytest.mark.parametrize("gone", [".", "rows and pairs"])
def test_a_folder_that_is_put_back_has_everything_and_what_was_done_meanwhile(
    judged: Person, act: str, gone: str
) -> None:
    home, away = judged.session.folder.path, judged.home / "away"
    away.mkdir()
    names = ["."] if gone == "." else ["rows", "pairs"]
    for name in names:
        (home / name).rename(away / "session" if name == "." else away / name)
    (pair, _), (row, _), *_ = judged.recent
    first, second, *_ = judged.queue
    before = judged.labels
    if act == "judge":
        judged.judges(first, BAD)
    elif act == "prefer":
        judged.prefers(first, second)
    elif act == "relabel":
        judged.relabels(row, BAD)
    else:
        judged.removes(row if act == "undo" else pair)
    assert " is gone" in judged.notice and judged.acknowledged == 3
    assert (judged.labels, lost(judged)) == (before, "")
    for name in names:
        (away / "session" if name == "." else away / name).rename(home / name)
    retry(judged)
    pairs = {"prefer": 2, "undo a pair": 0}.get(act, 1)
    labels = {"judge": {**before, first: BAD}, "relabel": {**before, row: BAD}}.get(act, before)
    if act == "undo":
        labels.pop(row)
    assert judged.labels == judged.on_disk().labels == labels
    assert len(judged.session.pairs()) == len(judged.pairs_on_disk()) == pairs
    assert (judged.acknowledged, judged.notice, lost(judged)) == (4, "", "")


def test_a_folder_that_is_put_back_after_a_retry_has_its_rows_again(judged: Person) -> None:
    folder, away, before = judged.session.folder.path, judged.home / "away", judged.labels
    folder.rename(away)
    judged.session.retry()
    assert judged.labels == {} and lost(judged)
    shutil.rmtree(folder)
    away.rename(folder)
    judged.session.retry()
    assert judged.labels == judged.on_disk().labels == before
    assert [pair.id for pair in judged.session.pairs()] == judged.pairs_on_disk()
    assert len(judged.recent) == 4


def test_an_image_that_finds_no_folder_says_so_and_makes_none(judged: Person) -> None:
    """The generator of the session must not make a folder that nobody can tell from an empty one."""
    shutil.rmtree(judged.session.folder.path)
    judged.session.queue.remove(judged.queue[0])
    judged.session.queue.refill()
    error = judged.session.view([]).error
    assert f"The folder {judged.session.folder.path} is gone" in error
    assert not judged.session.folder.path.exists() and judged.labels
    judged.session.retry()
    assert (judged.session.view([]).error, len(judged.queue)) == ("", 7)


def test_the_title_and_what_is_on_screen_survive_in_the_new_folder(judged: Person) -> None:
    judged.session.folder.rename("Moss, by Ada")
    shown = [one.candidate for one in judged.session.view([]).queue]
    shutil.rmtree(judged.session.folder.path)
    judged.session.retry()
    assert judged.session.folder.title() == "Moss, by Ada"
    pending = [judged.session.store.pending(candidate.id) for candidate in shown]
    assert [candidate and whole(candidate) for candidate in pending] == [whole(one) for one in shown]


def test_a_folder_that_cannot_be_made_again_loses_nothing_and_is_used_when_it_is_back(
    judged: Person,
) -> None:
    home, away = judged.home / "preference", judged.home / "away"
    home.rename(away)
    home.write_text("a file where the folder was")
    before, next_ = judged.labels, judged.queue[0]
    judged.judges(next_, BAD)
    assert judged.notice.startswith("Not saved: ")
    retry(judged)
    assert "is a file; a folder would be right" in judged.session.view([]).error
    assert (judged.labels, lost(judged)) == (before, "")
    home.unlink()
    away.rename(home)
    retry(judged)
    assert judged.labels == judged.on_disk().labels == {**before, next_: BAD}
    assert (judged.notice, judged.session.view([]).error, lost(judged)) == ("", "", "")


def test_what_is_judged_while_the_folder_is_read_again_waits_for_that(judged: Person) -> None:
    later = Later()
    judged.restart(later)
    later.run()
    shutil.rmtree(judged.session.folder.path)
    judged.session.retry()
    next_ = judged.queue[0]
    judged.judges(next_, BAD)
    assert (judged.session.opened, judged.notice, judged.acknowledged) == (False, "", 3)
    later.run()
    judged.session.apply(judged.log)
    assert judged.on_disk().labels == judged.labels == {next_: BAD}


def test_a_folder_that_was_moved_away_and_back_or_copied_is_the_same(judged: Person) -> None:
    folder = judged.session.folder.path
    folder.rename(folder.with_name("elsewhere"))
    shutil.copytree(folder.with_name("elsewhere"), folder)
    before = judged.labels
    judged.session.refresh()
    assert (judged.labels, lost(judged)) == (before, "")


def test_a_session_without_rows_says_that_nothing_was_lost(person: Person) -> None:
    shutil.rmtree(person.session.folder.path)
    person.session.refresh()
    assert "is gone" in lost(person) and "Nothing that was judged was in it." in lost(person)


def test_a_lost_session_json_alone_is_written_again_without_a_word(judged: Person) -> None:
    about = judged.session.folder.path / "session.json"
    before, labels = json.loads(about.read_text()), judged.labels
    about.unlink()
    judged.session.refresh()
    assert (json.loads(about.read_text()), judged.labels, lost(judged)) == (before, labels, "")


def test_single_rows_that_are_gone_are_found_when_the_folder_is_read_again(judged: Person) -> None:
    rows = judged.session.folder.path / "rows"
    gone = json.loads((rows / "000002" / "row.json").read_text())["candidate"]["id"]
    shutil.rmtree(rows / "000002")
    judged.session.refresh()
    assert lost(judged) == (
        f"1 row that was in {judged.session.folder.path} is no longer on disk: somebody removed or moved "
        "what was judged there. The models have forgotten it too."
    )
    assert judged.labels == judged.on_disk().labels and gone not in judged.labels


def test_what_another_process_judged_is_taken_in_and_leaves_the_hand(judged: Person) -> None:
    other = Person(judged.home, client="other")
    one, another, third, *_ = judged.queue
    other.judges(one, BAD)
    other.prefers(another, third)
    judged.session.refresh()
    assert judged.labels == other.labels and len(judged.session.pairs()) == 2
    assert not {one, another, third} & set(judged.queue) and lost(judged) == ""


def test_what_is_judged_or_undone_while_the_folder_is_read_is_not_taken_for_lost(judged: Person) -> None:
    later = Later()
    judged.restart(later)
    later.run()
    judged.session.refresh()
    judged.removes(judged.recent[1][0])
    judged.judges(judged.queue[0], BAD)
    later.run()
    assert lost(judged) == "" and judged.labels == judged.on_disk().labels


def test_what_was_judged_and_undone_after_the_folder_was_read_does_not_come_back(
    judged: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_, before = judged.queue[0], judged.labels

    def read_and_undo(*args: Any) -> FolderChanges:
        judged.judges(next_, BAD)
        changes = read_changes(*args)
        judged.undoes()
        return changes

    monkeypatch.setattr("ipo.preference.session.read_changes", read_and_undo)
    judged.session.refresh()
    assert judged.labels == judged.on_disk().labels == before
