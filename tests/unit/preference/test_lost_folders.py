"""Promises of a session whose folder goes while it is open: what is said to be there is on disk."""

import json
import shutil
from pathlib import Path

import pytest

from ipo.preference.notices import Notice
from ipo.preference.storage.rows import BAD, GOOD
from tests.support.judging import Later, OnDisk, Person
from tests.support.stores import whole


def told(person: Person) -> str:
    return person.session.notes.get(Notice.LOST, "")


@pytest.fixture
def judged(person: Person) -> Person:
    """Someone who has judged three images and a pair."""
    first, second, third, left, right, *_ = person.queue
    for id_ in (first, second, third):
        person.judges(id_, GOOD)
    person.prefers(left, right)
    return person


@pytest.mark.parametrize("gone", ["session", "project", "moved"])
def test_what_is_gone_with_the_folder_is_forgotten_and_said(judged: Person, gone: str) -> None:
    folder = judged.session.folder.path
    if gone == "moved":
        folder.rename(folder.with_name("elsewhere"))
    else:
        shutil.rmtree(folder if gone == "session" else judged.home)
    trained, next_ = judged.trained, judged.queue[0]
    judged.judges(next_, BAD)
    assert told(judged) == (
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


def test_the_loss_is_seen_by_whoever_looks_without_judging(judged: Person) -> None:
    shutil.rmtree(judged.session.folder.path)
    judged.session.look()
    assert told(judged).startswith(f"The folder {judged.session.folder.path} is gone")
    assert judged.labels == {}
    assert judged.session.folder.about()["prompt"] == judged.session.key.prompt


def test_an_image_that_is_decoded_next_sees_the_loss_too(judged: Person) -> None:
    """The generator of the session must not make a folder that nobody can tell from an empty one."""
    shutil.rmtree(judged.session.folder.path)
    judged.skips(judged.queue[0])
    assert told(judged) and judged.labels == {}


def test_the_title_and_what_is_on_screen_survive_in_the_new_folder(judged: Person) -> None:
    judged.session.folder.rename("Moss, by Ada")
    shown = [one.candidate for one in judged.session.table([]).queue]
    shutil.rmtree(judged.session.folder.path)
    judged.session.look()
    assert judged.session.folder.title() == "Moss, by Ada"
    kept = [judged.session.store.dealt(candidate.id) for candidate in shown]
    assert [candidate and whole(candidate) for candidate in kept] == [whole(one) for one in shown]


def test_a_folder_that_cannot_be_made_again_loses_nothing_and_is_used_when_it_is_back(
    judged: Person, tmp_path: Path
) -> None:
    home, away = judged.home / "preference", judged.home / "away"
    home.rename(away)
    home.write_text("a file where the folder was")
    before, next_ = judged.labels, judged.queue[0]
    judged.judges(next_, BAD)
    assert judged.notice.startswith("Not saved: ")
    assert (judged.labels, told(judged)) == (before, "")
    home.unlink()
    away.rename(home)
    judged.session.apply(judged.log)
    assert judged.labels == judged.on_disk().labels == {**before, next_: BAD}
    assert (judged.notice, told(judged)) == ("", "")


def test_a_folder_that_was_moved_away_and_back_or_copied_is_the_same(judged: Person) -> None:
    folder = judged.session.folder.path
    folder.rename(folder.with_name("elsewhere"))
    shutil.copytree(folder.with_name("elsewhere"), folder)
    before = judged.labels
    judged.session.look()
    assert (judged.labels, told(judged)) == (before, "")


def test_a_session_without_rows_says_that_nothing_was_lost(person: Person) -> None:
    shutil.rmtree(person.session.folder.path)
    person.session.look()
    assert "is gone" in told(person) and "Nothing that was judged was in it." in told(person)


def test_a_lost_session_json_alone_is_written_again_without_a_word(judged: Person) -> None:
    about = judged.session.folder.path / "session.json"
    before, labels = json.loads(about.read_text()), judged.labels
    about.unlink()
    judged.session.look()
    assert (json.loads(about.read_text()), judged.labels, told(judged)) == (before, labels, "")


def test_single_rows_that_are_gone_are_found_by_a_closer_look(judged: Person) -> None:
    rows = judged.session.folder.path / "rows"
    gone = json.loads((rows / "000002" / "row.json").read_text())["candidate"]["id"]
    shutil.rmtree(rows / "000002")
    judged.session.look()
    assert told(judged) == "" and gone in judged.labels
    judged.session.look_closely()
    assert told(judged) == (
        f"1 row that was in {judged.session.folder.path} is no longer on disk: somebody removed or moved "
        "what was judged there. The models have forgotten it too."
    )
    assert judged.labels == judged.on_disk().labels and gone not in judged.labels


def test_what_is_judged_or_undone_during_a_closer_look_is_not_taken_for_lost(judged: Person) -> None:
    later = Later()
    judged.restart(later)
    later.run()
    judged.session.look_closely()
    judged.undoes(judged.recent[1][0])
    judged.judges(judged.queue[0], BAD)
    later.run()
    assert told(judged) == "" and judged.labels == judged.on_disk().labels
