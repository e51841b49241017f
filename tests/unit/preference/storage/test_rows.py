"""Promises of rows on disk: complete or absent, claimed once, never deleted."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from ipo.preference.candidates import Candidate
from ipo.preference.storage import numbered_folders
from ipo.preference.storage.files import npy_header
from ipo.preference.storage.rows import BAD, GOOD, IMAGE, LATENT, RECORD
from tests.support.small_disk import small_disk
from tests.support.stores import SHAPE, Maker, a_store, files_below, save

HOUR = 3600


# Saving


def test_a_saved_row_reads_back_bit_for_bit(tmp_path: Path, new: Maker) -> None:
    candidate = new()
    store = a_store(tmp_path)
    row = store.save(candidate, BAD, "tab:7")
    opened = a_store(tmp_path).open()
    assert opened.rows == [row]
    assert (opened.damaged, opened.events) == ([], ["tab:7"])
    assert opened.latents.dtype == np.float32
    assert opened.latents[0].tobytes() == candidate.z.tobytes()
    again = store.candidate(row)
    assert again.z.tobytes() == candidate.z.tobytes()
    assert again.png == store.image(row) == candidate.png
    assert again.record() == candidate.record() and again.id == row.candidate_id
    assert (row.label, row.number, row.history[0].action) == (BAD, 1, "judge")


def test_a_row_folder_holds_three_files_with_their_checksums(tmp_path: Path, new: Maker) -> None:
    candidate = new()
    a_store(tmp_path).save(candidate, GOOD, "tab:0")
    folder = tmp_path / "rows" / "000001"
    assert sorted(os.listdir(folder)) == [IMAGE, LATENT, RECORD]
    record = json.loads((folder / RECORD).read_text())
    assert set(record["files"]) == {IMAGE, LATENT}
    for name, about in record["files"].items():
        content = (folder / name).read_bytes()
        assert about == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert np.array_equal(np.load(folder / LATENT, allow_pickle=False), candidate.z)


@pytest.mark.parametrize("shape", [(4, 8, 8), (4, 56, 56), (16,), (2, 3, 128, 128)])
def test_the_latent_file_is_what_numpy_writes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    z = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    np.save(tmp_path / "z.npy", z)
    assert (tmp_path / "z.npy").read_bytes() == npy_header(shape) + z.tobytes()


def test_a_latent_that_is_not_contiguous_is_saved_in_its_order(tmp_path: Path, new: Maker) -> None:
    made = new()
    turned = Candidate.from_record(made.record(), made.z.transpose(0, 2, 1), made.png)
    store = a_store(tmp_path)
    row = store.save(turned, GOOD, "tab:0")
    assert np.array_equal(store.candidate(row).z, turned.z)


def test_rows_are_numbered_from_one_with_six_digits(tmp_path: Path, new: Maker) -> None:
    assert [row.number for row in save(a_store(tmp_path), new, 3)] == [1, 2, 3]
    assert sorted(os.listdir(tmp_path / "rows")) == ["000001", "000002", "000003"]


def test_two_stores_on_one_folder_never_share_a_number(tmp_path: Path, new: Maker) -> None:
    first, second = a_store(tmp_path), a_store(tmp_path)
    saved = [store.save(new(), GOOD, "tab:0") for store in (first, first, second, first, second, second)]
    assert [row.number for row in saved] == [1, 2, 3, 4, 5, 6]
    opened = a_store(tmp_path).open()
    assert [row.candidate_id for row in opened.rows] == [row.candidate_id for row in saved]


def test_numbers_go_on_after_reopening_and_an_undone_number_is_not_used_again(
    tmp_path: Path, new: Maker
) -> None:
    store = a_store(tmp_path)
    *_, last = save(store, new, 3)
    store.undo(last, "tab:9")
    again = a_store(tmp_path)
    again.open()
    assert again.save(new(), GOOD, "tab:10").number == 4


def test_a_million_rows_go_on_with_seven_digits(tmp_path: Path, new: Maker) -> None:
    store = a_store(tmp_path)
    store.save(new(), GOOD, "tab:0")
    (tmp_path / "rows" / "000001").rename(tmp_path / "rows" / "999999")
    again = a_store(tmp_path)
    assert [row.number for row in again.open().rows] == [999_999]
    assert again.save(new(), GOOD, "tab:1").number == 1_000_000
    assert [row.number for row in a_store(tmp_path).open().rows] == [999_999, 1_000_000]


def test_opening_hundreds_of_rows_gives_them_in_order(tmp_path: Path, new: Maker) -> None:
    candidates = [new() for _ in range(300)]
    store = a_store(tmp_path)
    for number, candidate in enumerate(candidates):
        store.save(candidate, GOOD if number % 3 else BAD, f"tab:{number}")
    opened = a_store(tmp_path).open()
    assert [row.number for row in opened.rows] == list(range(1, 301))
    assert [row.candidate_id for row in opened.rows] == [candidate.id for candidate in candidates]
    assert [row.label for row in opened.rows] == [GOOD if number % 3 else BAD for number in range(300)]
    assert np.array_equal(opened.latents, np.stack([candidate.z for candidate in candidates]))
    assert opened.events == [f"tab:{number}" for number in range(300)]


def test_an_empty_session_opens_with_no_rows(tmp_path: Path) -> None:
    opened = a_store(tmp_path).open()
    assert (opened.rows, opened.damaged, opened.events) == ([], [], [])
    assert opened.latents.shape == (0, *SHAPE)


# When the disk fails


@pytest.mark.parametrize("largest_file", [0, 60, 700])
def test_a_full_disk_leaves_no_part_of_a_row(tmp_path: Path, new: Maker, largest_file: int) -> None:
    store = a_store(tmp_path)
    candidate = new()
    with small_disk(largest_file), pytest.raises(OSError):
        store.save(candidate, GOOD, "tab:0")
    assert os.listdir(tmp_path / "rows") == []
    row = store.save(candidate, GOOD, "tab:0")
    assert a_store(tmp_path).open().rows == [row]


def test_a_full_disk_keeps_the_old_label(tmp_path: Path, new: Maker) -> None:
    store = a_store(tmp_path)
    row = store.save(new(), GOOD, "tab:0")
    before = files_below(tmp_path)
    with small_disk(100), pytest.raises(OSError):
        store.relabel(row, BAD, "tab:1")
    assert files_below(tmp_path) == before
    assert store.relabel(row, BAD, "tab:1").label == BAD


def test_a_row_that_could_not_be_flushed_after_its_claim_is_not_saved_twice(
    tmp_path: Path, new: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last flush fails when the row is already there; whoever tries again must not get a second row."""
    store = a_store(tmp_path)
    candidate = new()

    def fail(folder: Path) -> None:
        if folder.name == "rows":
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(numbered_folders, "sync_folder", fail)
        store.save(candidate, GOOD, "tab:0")
    store.save(candidate, GOOD, "tab:0")
    assert len(a_store(tmp_path).open().rows) == 1


# Relabel and undo


def test_relabelling_keeps_the_history_oldest_first(tmp_path: Path, new: Maker) -> None:
    store = a_store(tmp_path)
    row = store.save(new(), GOOD, "tab:0")
    changed = store.relabel(store.relabel(row, BAD, "tab:1"), GOOD, "other:5")
    opened = a_store(tmp_path).open()
    assert opened.rows == [changed]
    assert [(act.action, act.label, act.event) for act in changed.history] == [
        ("judge", GOOD, "tab:0"),
        ("relabel", BAD, "tab:1"),
        ("relabel", GOOD, "other:5"),
    ]
    assert opened.events == ["tab:0", "tab:1", "other:5"]
    assert changed.judged_at == row.judged_at


def test_relabelling_changes_nothing_but_the_record(tmp_path: Path, new: Maker) -> None:
    store = a_store(tmp_path)
    row = store.save(new(), GOOD, "tab:0")
    before = files_below(tmp_path)
    store.relabel(row, BAD, "tab:1")
    after = files_below(tmp_path)
    assert {name for name in after if after[name] != before.get(name)} == {f"rows/000001/{RECORD}"}
    assert set(after) == set(before)


def test_undo_moves_the_row_and_deletes_nothing(tmp_path: Path, new: Maker) -> None:
    store = a_store(tmp_path)
    first, second = save(store, new, 2)
    before = files_below(tmp_path / "rows" / "000001")
    store.undo(first, "tab:2")
    assert os.listdir(tmp_path / "rows") == ["000002"]
    (moved,) = (tmp_path / "undone").iterdir()
    assert moved.name == f"000001-{first.candidate_id}"
    after = files_below(moved)
    assert (after[IMAGE], after[LATENT]) == (before[IMAGE], before[LATENT])
    history = json.loads(after[RECORD])["history"]
    assert [act["action"] for act in history] == ["judge", "undo"]
    opened = a_store(tmp_path).open()
    assert opened.rows == [second]
    assert sorted(opened.events) == ["tab:0", "tab:1", "tab:2"]


def test_judging_an_undone_candidate_again_makes_a_new_row(tmp_path: Path, new: Maker) -> None:
    store = a_store(tmp_path)
    candidate = new()
    for number in range(3):
        row = store.save(candidate, GOOD, f"tab:{2 * number}")
        store.undo(row, f"tab:{2 * number + 1}")
    last = store.save(candidate, BAD, "tab:6")
    assert last.number == 4
    assert a_store(tmp_path).open().rows == [last]
    assert len(list((tmp_path / "undone").iterdir())) == 3


def test_rows_of_one_number_undone_twice_are_both_kept(tmp_path: Path, new: Maker) -> None:
    candidate, first, second = new(), a_store(tmp_path), a_store(tmp_path)
    first.save(new(), GOOD, "tab0:0")
    for store in (second, first):  # as two processes would, each of which counts for itself
        store.undo(store.save(candidate, GOOD, "tab1:0"), "tab1:1")
    names = sorted(os.listdir(tmp_path / "undone"))
    assert names == [f"000002-{candidate.id}", f"000002-{candidate.id}-2"]
    assert len(a_store(tmp_path).open().events) == 5


def test_a_row_that_says_undone_but_was_not_moved_is_moved_at_opening(tmp_path: Path, new: Maker) -> None:
    store = a_store(tmp_path)
    first, second = save(store, new, 2)
    store.relabel(first, first.label, "tab:2", action="undo")  # then the power went
    opened = a_store(tmp_path).open()
    assert opened.rows == [second]
    assert opened.damaged == []
    assert sorted(opened.events) == ["tab:0", "tab:1", "tab:2"]
    assert os.listdir(tmp_path / "undone") == [f"000001-{first.candidate_id}"]
    assert np.array_equal(opened.latents[0], store.candidate(second).z)


def test_opening_survives_another_process_that_moves_the_same_undone_row_first(
    tmp_path: Path, new: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = a_store(tmp_path)
    first, second = save(store, new, 2)
    store.relabel(first, first.label, "tab:2", action="undo")
    rename_if_free = numbered_folders.rename_if_free

    def other_is_first(source: Path, target: Path) -> bool:
        rename_if_free(source, target)
        return rename_if_free(source, target)

    monkeypatch.setattr(numbered_folders, "rename_if_free", other_is_first)
    opened = a_store(tmp_path).open()
    assert (opened.rows, opened.damaged) == ([second], [])


def test_a_row_undone_by_another_process_while_a_session_opens_is_not_called_damaged(
    tmp_path: Path, new: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = a_store(tmp_path)
    first, second = save(store, new, 2)
    listdir = os.listdir

    def then_undo(folder: Path) -> list[str]:
        names = listdir(folder)
        monkeypatch.undo()
        store.undo(first, "tab:2")
        return names

    monkeypatch.setattr(os, "listdir", then_undo)
    opened = a_store(tmp_path).open()
    assert (opened.rows, opened.damaged) == ([second], [])


@pytest.mark.parametrize("act", ["relabel", "undo"])
def test_a_row_that_is_gone_cannot_be_changed(tmp_path: Path, new: Maker, act: str) -> None:
    store = a_store(tmp_path)
    row = store.save(new(), GOOD, "tab:0")
    store.undo(row, "tab:1")
    with pytest.raises(FileNotFoundError):
        store.relabel(row, BAD, "tab:2") if act == "relabel" else store.undo(row, "tab:2")


@pytest.mark.parametrize("act", ["relabel", "undo"])
def test_a_number_taken_over_by_another_candidate_is_not_changed_by_who_still_holds_the_old_row(
    tmp_path: Path, new: Maker, act: str
) -> None:
    """Three processes: one undoes a row, one that never saw it takes its number, one still shows it."""
    shows, undoes, never_saw = a_store(tmp_path), a_store(tmp_path), a_store(tmp_path)
    old = undoes.save(new(), GOOD, "a:0")
    (held_row,) = shows.open().rows
    undoes.undo(old, "a:1")
    taken = never_saw.save(new(), GOOD, "b:0")
    with contextlib.suppress(OSError):
        shows.relabel(held_row, BAD, "c:0") if act == "relabel" else shows.undo(held_row, "c:0")
    assert [(row.candidate_id, row.label) for row in a_store(tmp_path).open().rows] == [
        (taken.candidate_id, GOOD)
    ]


# Unfinished writes


def unfinished(folder: Path, name: str, age: float) -> Path:
    path = folder / "rows" / name
    path.mkdir()
    (path / IMAGE).write_bytes(b"half")
    then = path.stat().st_mtime - age
    os.utime(path, (then, then))
    return path


def test_an_unfinished_write_of_a_dead_process_is_swept_and_a_fresh_one_left(
    tmp_path: Path, new: Maker
) -> None:
    store = a_store(tmp_path)
    (row,) = save(store, new, 1)
    stale = unfinished(tmp_path, ".incoming-dead", 2 * HOUR)
    fresh = unfinished(tmp_path, ".incoming-alive", HOUR / 2)
    opened = store.open()
    assert not stale.exists()
    assert fresh.exists() and (fresh / IMAGE).read_bytes() == b"half"
    assert (opened.rows, opened.damaged) == ([row], [])


def test_an_old_row_is_never_swept(tmp_path: Path, new: Maker) -> None:
    store = a_store(tmp_path)
    (row,) = save(store, new, 1)
    os.utime(tmp_path / "rows" / "000001", (0, 0))
    assert store.open().rows == [row]


def test_a_copied_session_is_the_same_session(tmp_path: Path, new: Maker) -> None:
    saved = save(a_store(tmp_path / "here"), new, 2)
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    assert a_store(tmp_path / "there").open().rows == saved
