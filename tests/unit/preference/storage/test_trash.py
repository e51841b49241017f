"""Promises of the trash: a deleted session is whole there for 30 days, and comes back as it was."""

import time
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from ipo.preference.storage.sessions import FolderGone, SessionFolder, list_sessions
from ipo.preference.storage.trash import (
    KEPT_DAYS,
    delete,
    empty_trash,
    list_deleted,
    restore,
    trash_folder,
)
from tests.support.forks import CONTEXT, Fork
from tests.support.sessions import KEY, judged_session
from tests.support.stores import files_below

DAY = timedelta(days=1)


def path_of(home: Path) -> Path:
    return SessionFolder(home, KEY).path


def aged(home: Path, age: timedelta) -> Path:
    """Date the one session in the trash back."""
    (deleted,) = list_deleted(home)
    folder = trash_folder(home) / deleted.folder
    when = (datetime.now(UTC) - age).strftime("%Y%m%dT%H%M%S%fZ")
    return folder.rename(folder.with_name(f"{KEY.id}-{when}"))


def test_a_deleted_session_is_in_the_trash_and_comes_back_byte_for_byte(tmp_path: Path) -> None:
    judged_session(tmp_path)
    before = files_below(path_of(tmp_path))
    delete(tmp_path, KEY)
    assert list_sessions(tmp_path) == [] and not path_of(tmp_path).exists()
    (deleted,) = list_deleted(tmp_path)
    assert (deleted.session.key, deleted.session.rows) == (KEY, 4)
    assert timedelta() <= datetime.now(UTC) - deleted.deleted_at < DAY
    assert restore(tmp_path, deleted.folder).key == KEY
    assert files_below(path_of(tmp_path)) == before
    assert list_deleted(tmp_path) == []


def test_a_session_that_is_restored_leaves_alone_one_that_was_begun_since(tmp_path: Path) -> None:
    judged_session(tmp_path, seed=1)
    first = files_below(path_of(tmp_path) / "rows")
    delete(tmp_path, KEY)
    judged_session(tmp_path, rows=2, seed=2)
    second = files_below(path_of(tmp_path))
    restored = restore(tmp_path, list_deleted(tmp_path)[0].folder)
    assert restored.key != KEY and restored.key.prompt == KEY.prompt
    assert files_below(SessionFolder(tmp_path, restored.key).path / "rows") == first
    assert files_below(path_of(tmp_path)) == second
    assert {info.key for info in list_sessions(tmp_path)} == {KEY, restored.key}


def test_a_session_takes_its_name_back_from_one_that_is_empty(tmp_path: Path) -> None:
    judged_session(tmp_path)
    delete(tmp_path, KEY)
    SessionFolder(tmp_path, KEY).create()
    assert restore(tmp_path, list_deleted(tmp_path)[0].folder).key == KEY


@pytest.mark.parametrize(("age", "left"), [(KEPT_DAYS * DAY - DAY, 1), (KEPT_DAYS * DAY + DAY, 0)])
def test_the_trash_is_emptied_after_thirty_days(tmp_path: Path, age: timedelta, left: int) -> None:
    judged_session(tmp_path)
    delete(tmp_path, KEY)
    folder = aged(tmp_path, age)
    empty_trash(tmp_path)
    assert folder.exists() == bool(left) and len(list_deleted(tmp_path)) == left


def test_what_others_have_put_into_the_trash_stays(tmp_path: Path) -> None:
    judged_session(tmp_path)
    delete(tmp_path, KEY)
    mine = aged(tmp_path, 99 * DAY)
    theirs = mine.rename(mine.with_name("2019"))
    empty_trash(tmp_path)
    assert theirs.exists() and list_deleted(tmp_path) == []


def test_a_session_that_is_gone_cannot_be_deleted_nor_restored_twice(tmp_path: Path) -> None:
    with pytest.raises(FolderGone, match="is gone"):
        delete(tmp_path, KEY)
    judged_session(tmp_path)
    name = delete(tmp_path, KEY).name
    restore(tmp_path, name)
    with pytest.raises(ValueError, match="is not in the trash any more"):
        restore(tmp_path, name)


def _delete_and_restore(home: Path, begun: Event) -> None:
    while True:
        restore(home, delete(home, KEY).name)
        begun.set()


def test_a_session_is_whole_wherever_the_process_is_killed(tmp_path: Path) -> None:
    judged_session(tmp_path)
    before = files_below(path_of(tmp_path))
    for attempt in range(5):
        begun = CONTEXT.Event()
        fork = Fork(_delete_and_restore, tmp_path, begun)
        assert begun.wait(60)
        time.sleep(0.003 * attempt)
        fork.kill()
        fork.wait()
        for deleted in list_deleted(tmp_path):
            restore(tmp_path, deleted.folder)
        assert files_below(path_of(tmp_path)) == before
        assert list(trash_folder(tmp_path).iterdir()) == []
