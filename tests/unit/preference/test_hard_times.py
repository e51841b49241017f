"""Promises for hard times: pipes in place of files, a full disk, clocks that jump, copies made meanwhile."""

import contextlib
import gc
import os
import shutil
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ipo.jobs import SILENT
from ipo.preference.candidates import Candidate
from ipo.preference.loading import RECENT
from ipo.preference.queue import REMEMBERED
from ipo.preference.storage.rows import BAD, GOOD
from ipo.preference.storage.sessions import SessionFolder, key_of, list_sessions
from ipo.preference.transfer.archive import export_zip
from ipo.preference.transfer.importing import duplicate
from ipo.preference.transfer.parquet import export_table
from tests.support.judging import KEY, OnDisk, Person
from tests.support.rows import made_candidate
from tests.support.sessions import exported, imported, judged_session, opened, store_of
from tests.support.small_disk import small_disk
from tests.support.stores import files_below

WEEK = 7 * 24 * 3600


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def put(path: Path, kind: str) -> None:
    """Put a pipe, a folder, or an endless device in place of a file."""
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")


# Pipes, folders and devices in place of files: nothing hangs, and the rest is there


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
@pytest.mark.parametrize("name", ["row.json", "image.png", "latent.npy"])
def test_what_is_no_file_in_a_row_is_named_and_the_rest_is_there(
    tmp_path: Path, name: str, kind: str
) -> None:
    judged_session(tmp_path)
    session = SessionFolder(tmp_path, KEY)
    put(session.path / "rows" / "000002" / name, kind)
    found = opened(tmp_path)
    assert [row.number for row in found.rows] == [1, 4, 5]
    (damaged,) = found.damaged
    assert damaged.folder == "000002" and name in damaged.reason
    assert export_table(store_of(tmp_path), tmp_path / "table.parquet", SILENT).rows == 3
    assert export_zip(session, tmp_path / "session.zip", SILENT).rows == 4
    result = imported(tmp_path / "there", (tmp_path / "session.zip").read_bytes())
    assert (len(result.added), [one.folder for one in result.damaged]) == (3, ["rows/000002"])
    copy = duplicate(tmp_path, KEY, "copy", SILENT)
    assert len(opened(tmp_path, copy.key).rows) == 3


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_file_in_place_of_session_json_hides_that_session_only(tmp_path: Path, kind: str) -> None:
    judged_session(tmp_path)
    put(SessionFolder(tmp_path, KEY).about_path, kind)
    assert list_sessions(tmp_path) == []
    with pytest.raises((OSError, ValueError)):
        key_of(tmp_path, KEY.id)
    with pytest.raises((OSError, ValueError)):
        exported(tmp_path)
    assert len(opened(tmp_path).rows) == 4


def test_a_pipe_in_place_of_the_random_sequence_is_named_and_stays(tmp_path: Path) -> None:
    judged_session(tmp_path)
    sequence = SessionFolder(tmp_path, KEY).path / "generator.json"
    put(sequence, "pipe")
    person = Person(tmp_path)
    assert (
        "a file would be right" in person.session.queue.error and str(sequence) in person.session.queue.error
    )
    assert len(person.labels) == 4 and sequence.is_fifo()
    sequence.unlink()
    person.session.retry()
    assert len(person.queue) == 7


def test_a_pipe_in_place_of_a_dealt_image_is_said_to_be_gone(person: Person) -> None:
    first = person.queue[0]
    put(person.session.folder.path / "dealt" / first / "image.png", "pipe")
    person.restart()
    person.judges(first, GOOD)
    assert "no longer there" in person.notice
    assert person.on_disk().labels == {}


# A full disk


@pytest.mark.parametrize("largest_file", [0, 100, 600])
def test_whatever_is_done_on_a_full_disk_is_kept_in_the_tab_and_saved_later(
    person: Person, largest_file: int
) -> None:
    first, second, third, fourth, *_ = person.queue
    person.judges(first, GOOD)
    before = files_below(person.session.folder.path)
    acts: list[Callable[[], object]] = [
        lambda: person.relabels(first, BAD),
        lambda: person.removes(first),
        lambda: person.judges(second, BAD),
        lambda: person.prefers(third, fourth),
    ]
    with small_disk(largest_file):
        for act in acts:
            act()
        assert person.acknowledged == 0 and person.notice.startswith("Not saved: ")
        assert person.labels == {first: GOOD}
    rows = {name: content for name, content in before.items() if name.startswith("rows")}
    assert files_below(person.session.folder.path).items() >= rows.items()
    person.session.retry()
    person.session.apply(person.log)
    assert person.on_disk() == OnDisk({second: BAD}, undone=1)
    assert person.pairs_on_disk() == [f"{third}>{fourth}"]
    assert not list(person.session.folder.path.rglob(".*json*"))


# Clocks


def test_what_was_dealt_last_is_there_however_far_the_clock_was_set_forward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(tmp_path)
    first = person.queue[0]
    now = tmp_path.stat().st_mtime
    monkeypatch.setattr("ipo.preference.storage.rows.time.time", lambda: now + 60 * WEEK)
    person.restart()
    person.judges(first, GOOD)
    assert person.on_disk().labels == {first: GOOD}


def test_of_what_was_dealt_long_ago_the_last_ones_are_kept(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    store.create()
    rng = np.random.default_rng(0)
    candidates = [made_candidate(KEY, rng) for _ in range(70)]
    for age, candidate in enumerate(candidates):
        store.save_pending(candidate)
        os.utime(store.path.parent / "dealt" / candidate.id, (age, age))
    store.open()
    there = [candidate for candidate in candidates if store.pending(candidate.id)]
    assert there == candidates[-64:]


# A copy of the folder that is made while the app writes


def test_a_folder_that_is_copied_meanwhile_holds_rows_that_are_whole_or_named(tmp_path: Path) -> None:
    person = Person(tmp_path / "home")
    copies: list[Path] = []
    ended = threading.Event()

    def copy() -> None:
        while not ended.is_set():
            copies.append(tmp_path / f"copy-{len(copies)}")
            with contextlib.suppress(shutil.Error):  # what was listed may be elsewhere by now
                shutil.copytree(person.session.folder.path, copies[-1] / "preference" / KEY.id)

    copying = threading.Thread(target=copy)
    copying.start()
    for number in range(40):
        id_ = person.queue[0]
        person.judges(id_, GOOD)
        if number % 3 == 0:
            person.relabels(id_, BAD)
        if number % 5 == 0:
            person.removes(id_)
    ended.set()
    copying.join()
    judged = {row.candidate_id: row for row in person.session.rows()}
    assert person.on_disk().labels == person.labels
    for home in copies:
        for row in opened(home).rows:
            seen = {act.event for act in row.history}
            later = judged.get(row.candidate_id)
            assert later is None or later.number != row.number or seen <= {act.event for act in later.history}
        again = Person(home)
        again.judges(again.queue[0], GOOD)
        assert again.notice == ""


# Many judgements


def test_many_judgements_leave_nothing_behind_but_their_rows(tmp_path: Path) -> None:
    def held() -> tuple[int, int, int]:
        gc.collect()
        candidates = sum(isinstance(one, Candidate) for one in gc.get_objects())
        return candidates, threading.active_count(), len(os.listdir("/proc/self/fd"))

    def judge(count: int) -> None:
        for number in range(count):
            id_ = person.queue[0]
            person.judges(id_, GOOD)
            if number % 10 == 0:
                person.relabels(id_, BAD)
                person.undoes()

    others, *_ = held()  # of tests before this one
    person = Person(tmp_path)
    judge(60)
    before = held()
    tracemalloc.start()
    judge(250)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held() == before
    assert before[0] - others <= REMEMBERED + RECENT
    assert grown < 250 * 6500, "a row takes 3.5 kB, and half as much again while its arrays grow"
    dealt = os.listdir(person.session.folder.path / "dealt")
    assert sorted(dealt) == sorted(person.queue)
