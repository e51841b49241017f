"""Files that cannot be right and disks that refuse: said in words, in the app and the command line alike.

Nothing that was there is overwritten.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from ipo.cli.main import cli
from ipo.digits import predictions
from ipo.digits.folder import DigitsFolder
from ipo.digits.labels.store import BadLabels
from ipo.digits.predictions import BadPredictions
from ipo.digits.service import Digits
from ipo.digits.status import State, TrainingFailed
from ipo.digits.training import checkpoint
from ipo.digits.training.checkpoint import BadCheckpoint
from ipo.digits.training.trainer import InteractiveTrainer
from tests.support.small_disk import small_disk
from tests.support.training_thread import TrainingThread
from tests.unit.digits.small import config

LABELS = {
    "a label that is no class": (
        b"Serial,label\n4,3\n5,12\n",
        "labels.csv, line 3: label 12; 0 to 9 or nothing would be right.",
    ),
    "an image that is not there": (
        b"Serial,label\n70000,3\n",
        "labels.csv, line 2: Serial 70000; 0 to 119 would be right.",
    ),
    "an image before the first": (
        b"Serial,label\n-1,3\n",
        "labels.csv, line 2: Serial -1; 0 to 119 would be right.",
    ),
    "an image twice": (
        b"Serial,label\n4,3\n9,1\n4,5\n",
        "labels.csv, line 4: Serial 4 is in line 2 too; each may come once.",
    ),
    "an empty file": (b"", "labels.csv is empty; its first line should be Serial,label."),
    "no UTF-8": (b"Serial,label\n4,\xff\n", "labels.csv, line 2: this is not UTF-8."),
}
CHECKPOINTS = {
    "of other images": (
        checkpoint.encode(InteractiveTrainer(config(image_shape=(12, 8), classes=3))),
        "is of other images: image_shape is [12, 8], not [8, 8], classes is 3, not 10. It was left as it is",
    ),
    "cut short": (
        checkpoint.encode(InteractiveTrainer(config()))[:-4000],
        "is not a sound checkpoint: It is cut short, damaged, or another kind of file. It was left as it is",
    ),
    "garbage": (bytes(range(256)) * 40, "is not a sound checkpoint: It is cut short, damaged"),
    "empty": (b"", "is not a sound checkpoint: It is cut short, damaged"),
}


def ipo(space: Digits, *arguments: str) -> tuple[int, str]:
    """Exit code, standard error."""
    where = ["--data", space.source, "--home", str(space.home)]
    done = CliRunner().invoke(cli, ["digits", *arguments, *where])
    return done.exit_code, done.stderr


def files(folder: DigitsFolder) -> dict[str, bytes]:
    """All but locks and the records of runs, which say what went wrong."""
    return {path.name: path.read_bytes() for path in folder.path.glob("[!.]*") if path.is_file()}


def opened(space: Digits) -> Digits:
    other = Digits(space.home, space.source, start=TrainingThread)
    other.open()
    return other


@pytest.mark.parametrize("case", LABELS)
def test_the_command_line_names_what_is_wrong_with_labels(space: Digits, case: str) -> None:
    content, message = LABELS[case]
    space.labels.path.write_bytes(content)
    before = files(space.folder)
    for command in (["train"], ["evaluate"], ["label", "--true", "3"]):
        code, err = ipo(space, *command)
        assert code == 1 and message in err and "It was left as it is." in err
    assert files(space.folder) == before


@pytest.mark.parametrize("case", LABELS)
def test_the_app_names_what_is_wrong_with_labels(space: Digits, case: str) -> None:
    content, message = LABELS[case]
    space.labels.path.write_bytes(content)
    before = files(space.folder)
    for work in (lambda: space.labels.label(7, 7), lambda: space.borrow(3), lambda: opened(space)):
        with pytest.raises(BadLabels) as told:
            work()
        assert message in str(told.value)
    with pytest.raises(TrainingFailed):
        space.train(1)
    assert message in space.status.error and space.status.state == State.IDLE
    assert files(space.folder) == before


@pytest.mark.parametrize("case", CHECKPOINTS)
def test_the_command_line_names_what_is_wrong_with_a_checkpoint(space: Digits, case: str) -> None:
    content, message = CHECKPOINTS[case]
    space.folder.checkpoint.write_bytes(content)
    before = files(space.folder)
    for command in ("train", "evaluate", "predict"):
        code, err = ipo(space, command)
        assert code == 1 and message in err and "It was left as it is." in err
    assert files(space.folder) == before


@pytest.mark.parametrize("case", CHECKPOINTS)
def test_the_app_names_what_is_wrong_with_a_checkpoint(space: Digits, case: str) -> None:
    content, message = CHECKPOINTS[case]
    space.folder.checkpoint.write_bytes(content)
    before = files(space.folder)
    with pytest.raises(TrainingFailed):
        space.train(1)
    assert space.folder.checkpoint.name in space.status.error and space.status.state == State.IDLE
    with pytest.raises(BadCheckpoint) as told:
        opened(space)
    assert message in str(told.value)
    assert files(space.folder) == before


@pytest.mark.parametrize("part", [0.0, 0.3, 0.99])
def test_predictions_that_are_damaged_are_said_to_be_and_made_anew(
    space: Digits, caplog: pytest.LogCaptureFixture, part: float
) -> None:
    """They follow from the model: nothing is lost with them."""
    path = space.folder.predictions
    sound = path.read_bytes()

    def damaged(work: Callable[[], object]) -> None:
        path.write_bytes(sound[: int(part * len(sound))])
        with pytest.raises(BadPredictions, match=r"predictions\.npz is damaged"):
            predictions.read(path, space.data)
        caplog.clear()
        work()
        assert "predictions.npz is damaged" in caplog.text and "predicting anew" in caplog.text
        made = predictions.read(path, space.data)
        assert made is not None and np.array_equal(made.label, space.predictions.label)  # type: ignore[union-attr]

    with caplog.at_level(logging.WARNING):
        damaged(lambda: opened(space).predict())
        damaged(lambda: ipo(space, "predict"))


@pytest.mark.parametrize("work", ["train", "label"])
def test_a_full_disk_is_said_and_costs_nothing(space: Digits, work: str) -> None:
    space.train(1)
    before = files(space.folder)
    with small_disk(len(before["labels.csv"]) if work == "label" else 20_000):
        code, err = ipo(space, work, *(["--true", "30"] if work == "label" else ["--epochs", "1"]))
        assert code == 1 and "File too large" in err
        if work == "label":
            with pytest.raises(OSError, match="File too large"):
                space.borrow(30)
        else:
            with pytest.raises(TrainingFailed, match="File too large"):
                space.train(1)
            assert "File too large" in space.status.error
    assert {name: files(space.folder)[name] for name in ("labels.csv", "ssvae.pt")} == {
        name: before[name] for name in ("labels.csv", "ssvae.pt")
    }
    again = opened(space)
    again.borrow(30)
    again.train(1)
    assert len(again.history) == 2


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said(space: Digits) -> None:
    before = files(space.folder)
    space.folder.path.chmod(0o500)
    try:
        for command in (["train", "--epochs", "1"], ["label", "--true", "3"]):
            code, err = ipo(space, *command)
            assert code == 1 and "Permission denied" in err
        with pytest.raises(OSError, match="Permission denied"):
            space.borrow(3)
        with pytest.raises(TrainingFailed, match="Permission denied"):
            space.train(1)
        assert files(space.folder) == before
    finally:
        space.folder.path.chmod(0o700)


def test_a_file_in_the_place_of_a_folder_is_said(space: Digits, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "digits").write_text("no folder")
    for command in (["train"], ["label", "--true", "3"]):
        where = ["--data", space.source, "--home", str(elsewhere)]
        done = CliRunner().invoke(cli, ["digits", *command, *where])
        assert done.exit_code == 1 and "Not a directory" in done.stderr
