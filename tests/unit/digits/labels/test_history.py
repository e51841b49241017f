"""Unsure marks, undo and redo, and events that come again."""

import contextlib
from pathlib import Path

import numpy as np
import pytest

from ipo.digits.labels import log
from ipo.digits.labels.store import NONE, UNSURE, LabelStore

COUNT = 100_000


def reopened(folder: Path) -> LabelStore:
    return LabelStore(folder, COUNT)


def test_an_unsure_image_is_neither_taught_nor_lost(tmp_path: Path) -> None:
    store = reopened(tmp_path)
    store.label([3, 4], 7)
    labels = store.mark_unsure([4, 5])
    assert labels.codes[[3, 4, 5]].tolist() == [7, UNSURE, UNSURE]
    assert labels.values[[3, 4, 5]].tolist() == [7, NONE, NONE] and labels.count == 1
    assert (tmp_path / "unsure.csv").read_text() == "Serial\n4\n5\n"
    assert (tmp_path / "labels.csv").read_text() == "Serial,label\n3,7\n"
    assert np.array_equal(reopened(tmp_path).snapshot().codes, labels.codes)
    assert reopened(tmp_path).label(5, 1).codes[5] == 1
    assert (tmp_path / "unsure.csv").read_text() == "Serial\n4\n"


def test_undo_and_redo_walk_back_and_forth_over_labels_and_marks(tmp_path: Path) -> None:
    store = reopened(tmp_path)
    states = [store.snapshot().codes]
    for act in (
        lambda: store.label([1, 2], 3),
        lambda: store.mark_unsure([2, 9]),
        lambda: store.label(range(5_000), 8),
        lambda: store.label([1, 9], None),
    ):
        states.append(act().codes)
    for _ in range(2):
        for state in reversed(states[:-1]):
            store = reopened(tmp_path)
            assert store.undoable is not None
            undone = store.undo()
            assert undone is not None and np.array_equal(undone.codes, state)
        assert store.undoable is None and store.undo() is None
        for state in states[1:]:
            store = reopened(tmp_path)
            assert store.redoable is not None
            redone = store.redo()
            assert redone is not None and np.array_equal(redone.codes, state)
        assert store.redoable is None and store.redo() is None


def test_the_next_undo_and_redo_are_said_in_words(tmp_path: Path) -> None:
    store = reopened(tmp_path)
    assert (store.undoable, store.redoable) == (None, None)
    store.label(range(5_000), 7)
    store.mark_unsure(0)
    assert store.undoable == "unsure on 1 image"
    store.undo()
    assert (store.undoable, store.redoable) == ("7 on 5,000 images", "unsure on 1 image")
    store.label(1, None)
    assert (store.undoable, store.redoable) == ("no label on 1 image", None)


@pytest.mark.parametrize("again", [False, True], ids=["the same process", "after a restart"])
def test_an_event_that_comes_again_is_applied_once_however_large_it_was(tmp_path: Path, again: bool) -> None:
    store = reopened(tmp_path)
    store.label(range(0, COUNT, 2), 1, event="tab:0")
    store.label(range(COUNT), 2, event="tab:1")
    store.undo(event="tab:2")
    expected = store.snapshot().codes
    store = reopened(tmp_path) if again else store
    store.label(range(COUNT), 2, event="tab:1")
    store.undo(event="tab:2")
    store.redo(event="tab:2")
    assert np.array_equal(store.snapshot().codes, expected)


@pytest.mark.parametrize("failing", [1, 2, 3], ids="write {}".format)
def test_a_crash_between_two_files_loses_no_label_and_no_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    store = reopened(tmp_path)
    store.label([1, 2], 3)
    store.mark_unsure([8, 9])
    before = store.snapshot().codes
    writes = 0

    def write(path: Path, content: bytes) -> None:
        nonlocal writes
        writes += 1
        if writes == failing:
            raise KeyboardInterrupt
        path.write_bytes(content)

    monkeypatch.setattr("ipo.digits.labels.files.replace_file", write)
    with contextlib.suppress(KeyboardInterrupt):
        store.mark_unsure([2, 5], event="tab:0")
    monkeypatch.undo()
    after = reopened(tmp_path).snapshot().codes
    assert after[[1, 8, 9]].tolist() == [3, UNSURE, UNSURE]
    assert after[2] in (before[2], UNSURE) and after[5] in (before[5], UNSURE)
    store = reopened(tmp_path)
    store.mark_unsure([2, 5], event="tab:0")
    assert store.snapshot().codes[[2, 5]].tolist() == [UNSURE, UNSURE]


def test_a_line_that_is_still_being_written_is_read_once_it_is_whole(tmp_path: Path) -> None:
    store = reopened(tmp_path)
    store.label(1, 1)
    line = store.log.read_bytes()
    store.label(2, 2)
    whole = store.log.read_bytes()
    store.log.write_bytes(whole[:-5])
    other = reopened(tmp_path)
    assert other.undoable == "1 on 1 image"
    store.log.write_bytes(whole)
    other.label(3, 3)
    assert [act.after for act in log.read(store.log, COUNT, 10)] == [1, 2, 3] and whole.startswith(line)
