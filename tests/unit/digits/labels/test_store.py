"""Labels survive crashes, other processes and bad files."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ipo.digits.labels.store import NONE, BadLabels, LabelStore
from tests.support.small_disk import small_disk

COUNT = 60_000


def on_disk(folder: Path) -> str:
    return (folder / "labels.csv").read_text()


def test_a_label_is_on_disk_when_label_returns(tmp_path: Path) -> None:
    store = LabelStore(tmp_path)
    store.label([17, 204], 7)
    assert on_disk(tmp_path) == "Serial,label\n17,7\n204,7\n"
    assert LabelStore(tmp_path).snapshot().values[204] == 7


def test_a_snapshot_never_changes_and_its_version_grows(tmp_path: Path) -> None:
    store = LabelStore(tmp_path)
    before = store.snapshot()
    after = store.label(3, 9)
    assert (before.values[3], after.values[3]) == (NONE, 9)
    assert after.version > before.version
    assert after.values.dtype == np.int8 and after.values.shape == (COUNT,)
    with pytest.raises(ValueError, match="read-only"):
        after.values[3] = 1
    assert store.label(3, 9) is after  # nothing changed


def test_a_label_can_be_taken_away(tmp_path: Path) -> None:
    store = LabelStore(tmp_path)
    store.label(3, 9)
    assert store.label(3, None).count == 0
    assert on_disk(tmp_path) == "Serial,label\n"


def test_what_pandas_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("Serial,label\n0,\n1,NaN\n2,7.0\n\n5,3\n")
    labels = LabelStore(tmp_path).snapshot()
    assert labels.count == 2
    assert labels.values[[0, 1, 2, 5]].tolist() == [NONE, NONE, 7, 3]
    assert labels.per_class()[[3, 7]].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Serial,label\n4,3\n5,12\n", "labels.csv, line 3: label 12; 0 to 9 or nothing would be right."),
        ("Serial,label\n70000,3\n", "labels.csv, line 2: Serial 70000; 0 to 59999 would be right."),
        ("Serial,label\n4,3\n9,1\n4,5\n", "labels.csv, line 4: Serial 4 is in line 2 too"),
        ("", "labels.csv is empty; its first line should be Serial,label."),
        ("index,digit\n", "labels.csv, line 1: 'index,digit'; Serial,label would be right."),
        ("Serial,label\n4\n", "line 2: 1 values; Serial,label would be right."),
        ("Serial,label\n4,2.5\n", "line 2: label 2.5;"),
        ("Serial,label\nx,2\n", "line 2: Serial x;"),
        ("Serial,label\ninf,2\n", "line 2: Serial inf;"),
        ("Serial,label\n3,1\n-2,2\n", "line 3: Serial -2; 0 to 59999 would be right."),
        ("Serial,label\n3,1\n4,ü\n", "labels.csv, line 3: this is not UTF-8."),
    ],
)
def test_a_bad_file_is_named_with_its_line_and_left_alone(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "labels.csv").write_text(text, "latin-1")
    with pytest.raises(BadLabels) as caught:
        LabelStore(tmp_path)
    assert message in str(caught.value)
    assert (tmp_path / "labels.csv").read_text("latin-1") == text


def test_a_file_that_went_bad_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    store = LabelStore(tmp_path)
    store.label(1, 1)
    (tmp_path / "labels.csv").write_text("Serial,label\n1,12\n")
    with pytest.raises(BadLabels, match="line 2"):
        store.label(2, 2)
    assert on_disk(tmp_path) == "Serial,label\n1,12\n"
    assert store.snapshot().values[1] == 1


@pytest.mark.parametrize(
    ("serials", "label", "message"),
    [
        (60_000, 1, "There is no image 60000; 0 to 59999 would be right."),
        ([4, -1], 1, "There is no image -1;"),
        (4, 10, "10 is not a label; 0 to 9 or None would be right."),
        ([1.5], 1, "whole numbers"),
    ],
)
def test_what_does_not_exist_cannot_be_labelled(
    tmp_path: Path, serials: int | list[int], label: int, message: str
) -> None:
    store = LabelStore(tmp_path)
    with pytest.raises(ValueError, match=re.escape(message)):
        store.label(serials, label)
    assert not (tmp_path / "labels.csv").exists()


def test_undo_takes_back_one_act_after_the_other(tmp_path: Path) -> None:
    store = LabelStore(tmp_path)
    store.label([1, 2, 3], 4)
    store.label([2, 3], 5)
    store.label(3, None)
    found = []
    while (labels := store.undo()) is not None:
        found.append(labels.values[[1, 2, 3]].tolist())
    assert found == [[4, 5, 5], [4, 4, 4], [NONE, NONE, NONE]]


def test_undo_works_after_a_restart_and_keeps_what_came_later(tmp_path: Path) -> None:
    LabelStore(tmp_path).label([1, 2], 4, who="the map")
    (tmp_path / "labels.csv").write_text("Serial,label\n1,4\n2,8\n")  # somebody edits the file
    labels = LabelStore(tmp_path).undo(who="the CLI")
    assert labels is not None and labels.values[[1, 2]].tolist() == [NONE, 8]
    log = LabelStore(tmp_path).history()
    assert [(act["who"], act["action"]) for act in log] == [("the map", "label"), ("the CLI", "undo")]


def test_an_event_is_applied_once(tmp_path: Path) -> None:
    store = LabelStore(tmp_path)
    store.label(1, 4, event="tab-1")
    store.label(1, 5, event="tab-2")
    assert LabelStore(tmp_path).label(1, 4, event="tab-1").values[1] == 5
    assert store.undo(event="tab-3") is not None
    labels = store.undo(event="tab-3")
    assert labels is not None and labels.values[1] == 4


def test_a_log_line_that_a_crash_cut_short_costs_only_itself(tmp_path: Path) -> None:
    store = LabelStore(tmp_path)
    store.label(1, 4)
    with open(tmp_path / "labels.log.jsonl", "ab") as log:
        log.write(b'{"at": "2026')
    store.label(1, 5)
    assert [act["after"] for act in store.history()] == [4, 5]
    labels = store.undo()
    assert labels is not None and labels.values[1] == 4


@pytest.mark.parametrize("again", [False, True])
def test_an_act_that_a_kill_kept_from_the_labels_is_passed_over(tmp_path: Path, again: bool) -> None:
    store = LabelStore(tmp_path)
    store.label(1, 4)
    act = store.history()[0] | {"event": "lost", "serials": [9], "before": [NONE], "after": 3}
    with open(tmp_path / "labels.log.jsonl", "a") as log:
        log.write(json.dumps(act) + "\n")
    if again:
        assert store.label(9, 3, event="lost").values[9] == 3
    labels = store.undo()
    assert labels is not None and labels.count == int(again)


def test_what_a_full_disk_refused_is_applied_when_it_comes_again(tmp_path: Path) -> None:
    store = LabelStore(tmp_path, 4000)
    store.label(np.arange(0, 4000, 2), 4)
    store.log.unlink()  # the log shall be short, so that the disk takes it, and refuses labels.csv
    before = on_disk(tmp_path)
    for at in (1, 3):
        with small_disk(len(before)), pytest.raises(OSError, match="too large"):
            store.label(at, 7, event=f"key-{at}")
    assert on_disk(tmp_path) == before and store.snapshot().count == 2000
    assert store.history() == []
    for at in (1, 3):
        assert store.label(at, 7, event=f"key-{at}").values[at] == 7
    with small_disk(len(before)), pytest.raises(OSError, match="too large"):
        store.undo()
    labels = store.undo()
    assert labels is not None and labels.values[[1, 3]].tolist() == [7, NONE]


def test_two_processes_lose_no_label(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ipo.digits.labels.store import LabelStore\n"
        "store = LabelStore(Path(sys.argv[1]))\n"
        "for at in range(30): store.label(int(sys.argv[2]) + 2 * at, at % 10)\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(one)]) for one in (0, 1)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    store = LabelStore(tmp_path)
    assert store.snapshot().count == 60
    assert len(store.history()) == 60


def test_a_store_sees_what_another_wrote_when_it_refreshes(tmp_path: Path) -> None:
    mine, other = LabelStore(tmp_path), LabelStore(tmp_path)
    other.label(5, 5)
    assert mine.snapshot().values[5] == NONE
    assert mine.refresh().values[5] == 5
    (tmp_path / "labels.csv").unlink()
    assert mine.refresh().count == 0
