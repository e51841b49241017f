"""Another program writes labels.csv while labels are given here: neither loses any, and it is said."""

import subprocess
import sys
from pathlib import Path

import pytest

from ipo.digits.labels.store import NONE, UNSURE, BadLabels, LabelStore

COUNT = 50
SLOW_PROGRAM = """
import sys
path, serial, label = sys.argv[1:]
text = open(path).read()
print("read", flush=True)
sys.stdin.readline()
open(path, "w").write(text + f"{serial},{label}\\n")
"""


def other_program(path: Path, serial: int, label: int) -> "subprocess.Popen[str]":
    """It reads labels.csv, and writes it with one more label once it gets a line."""
    command = [sys.executable, "-c", SLOW_PROGRAM, str(path), str(serial), str(label)]
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None and program.stdout.readline() == "read\n"
    return program


def labels_of(store: LabelStore) -> dict[int, int]:
    codes = store.refresh().codes
    return {row: int(code) for row, code in enumerate(codes) if code != NONE}


@pytest.fixture
def store(tmp_path: Path) -> LabelStore:
    store = LabelStore(tmp_path, COUNT)
    store.label([1, 2, 3], 4)
    return store


def test_labels_given_while_another_program_had_the_file_open_are_kept(store: LabelStore) -> None:
    second = LabelStore(store.path.parent, COUNT)
    program = other_program(store.path, 20, 7)
    store.label([5], 6)
    second.label([1], None)
    store.mark_unsure([2])
    program.communicate("go\n", timeout=30)
    right = {2: UNSURE, 3: 4, 5: 6, 20: 7}
    version = store.snapshot().version
    assert labels_of(store) == right and store.snapshot().version > version
    assert store.notice == (
        "Another program wrote labels.csv without changes made here to 3 images: they are kept."
    )
    assert labels_of(second) == right and labels_of(LabelStore(store.path.parent, COUNT)) == right
    assert store.path.read_text() == "Serial,label\n3,4\n5,6\n20,7\n"
    assert store.undoable == "labels by another program on 1 image"
    assert store.undo() is not None and store.undo() is not None and store.notice == ""
    assert labels_of(store) == {2: 4, 3: 4, 5: 6}


def test_of_one_image_the_last_writer_counts_and_undo_brings_the_other_back(store: LabelStore) -> None:
    program = other_program(store.path, 9, 8)
    store.label([9], 5)
    store.label([10], 5)
    program.communicate("go\n", timeout=30)
    assert labels_of(store) == {1: 4, 2: 4, 3: 4, 9: 8, 10: 5}
    assert "Another program changed your labels of 1 image: undo brings yours back." in store.notice
    store.undo()
    assert labels_of(store)[9] == 5
    store.redo()
    assert labels_of(store)[9] == 8


def test_labels_taken_out_of_the_file_are_gone_and_undo_brings_them_back(store: LabelStore) -> None:
    store.label([5], 6)
    store.path.write_text("Serial,label\n1,4\n2,4\n3,4\n")
    assert labels_of(store) == {1: 4, 2: 4, 3: 4}
    store.undo()
    assert labels_of(store) == {1: 4, 2: 4, 3: 4, 5: 6}
    store.path.write_text("Serial,label\n1,4\n5,6\n")
    assert labels_of(store) == {1: 4, 5: 6}


def test_a_program_that_saves_again_and_again_loses_nothing(store: LabelStore) -> None:
    text = store.path.read_text()
    for at in range(5):
        store.label([10 + at], at)
        text += f"{30 + at},9\n"
        store.path.write_text(text)
        store.refresh()
    expected = {1: 4, 2: 4, 3: 4} | {10 + at: at for at in range(5)} | {30 + at: 9 for at in range(5)}
    assert labels_of(store) == expected


def test_a_damaged_file_is_left_alone_and_all_goes_on_once_it_is_mended(store: LabelStore) -> None:
    good = store.path.read_text()
    store.path.write_text(good + "4,twelve\n")
    for act in (store.refresh, lambda: store.label(7, 1), store.undo):
        with pytest.raises(BadLabels, match=r"line 5: label twelve; .* Correct the file"):
            act()
    assert store.path.read_text() == good + "4,twelve\n" and store.snapshot().count == 3
    store.path.write_text(good + "4,2\n")
    assert store.label(7, 1, event="key").count == 5
    assert labels_of(store) == {1: 4, 2: 4, 3: 4, 4: 2, 7: 1}


def test_a_killed_write_is_no_other_program(store: LabelStore) -> None:
    second = LabelStore(store.path.parent, COUNT)
    before = store.path.read_bytes()
    second.label([8], 1, event="tab:1")
    store.path.write_bytes(before)  # as if it had been killed between log and labels
    assert labels_of(store) == {1: 4, 2: 4, 3: 4}
    assert len(store.history()) == 2
    store.label([8], 1, event="tab:1")
    assert labels_of(store)[8] == 1


@pytest.mark.parametrize("action", ["label", "undo"])
def test_an_act_that_a_kill_kept_from_the_files_is_applied_when_it_comes_again(
    store: LabelStore, action: str
) -> None:
    def act(store: LabelStore) -> None:
        store.label([8], 1, event="tab:1") if action == "label" else store.undo(event="tab:1")

    before = store.path.read_bytes()
    act(store)
    store.path.write_bytes(before)  # killed between log and labels
    again = LabelStore(store.path.parent, COUNT)
    again.label([9], 2, event="another tab:1")
    assert again.undo() is not None and labels_of(again) == {1: 4, 2: 4, 3: 4}
    again = LabelStore(store.path.parent, COUNT)
    act(again)
    act(again)
    assert labels_of(again) == ({1: 4, 2: 4, 3: 4, 8: 1} if action == "label" else {})
