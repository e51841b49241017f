"""Labels, model and predictions belong to the images that they were given to."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from ipo.cli.main import cli
from ipo.datasets.errors import DatasetError
from ipo.datasets.grey_levels import UnclearWhite
from ipo.digits import opening
from ipo.digits.folder import DigitsFolder
from ipo.digits.images_record import BadImagesRecord, record_path
from ipo.digits.opening import OtherImages
from ipo.digits.service import Digits
from ipo.digits.status import TrainingFailed
from ipo.digits.training import checkpoint
from tests.support.small_disk import small_disk
from tests.support.training_thread import TrainingThread
from tests.unit.digits.small import CONFIG, COUNT, digits, images

NAMES = np.array([f"the {digit}" for digit in range(10)])
Images = NDArray[np.uint8]


def reopened(space: Digits) -> Digits:
    other = Digits(space.home, space.source, start=TrainingThread)
    other.open()
    return other


def ipo(space: Digits, *arguments: str) -> tuple[int, str]:
    where = ["--data", space.source, "--home", str(space.home)]
    done = CliRunner().invoke(cli, ["digits", *arguments, *where])
    return done.exit_code, done.stdout + done.stderr


def put(space: Digits, pixels: Images, names: NDArray[np.str_] = NAMES) -> None:
    truth = np.resize(digits()[1], len(pixels)).astype(np.uint8)
    np.savez(space.source, images=pixels, labels=truth, class_names=names)


def files(folder: DigitsFolder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.path.glob("[!.]*") if path.is_file()}


@pytest.fixture
def named(home: Path) -> Digits:
    """Small digits whose classes have names; a third is labelled, and a model has learnt for an epoch."""
    space = Digits(home, str(home / "small.npz"), start=TrainingThread)
    put(space, images())
    space.open()
    space.labels.label(list(range(0, COUNT, 3)), 1)
    space.train(1)
    space.predict()
    return space


EXCHANGED: dict[str, tuple[Callable[[Images], Images], NDArray[np.str_], str, bool]] = {
    "another order": (lambda old: old[::-1], NAMES, "the pixels differ, or come in another order", True),
    "one pixel": (lambda old: np.where(np.arange(8) == 3, 7, old), NAMES, "the pixels differ", True),
    "fewer images": (lambda old: old[:60], NAMES, "there are 60 images now, not 120", False),
    "more images": (lambda old: np.concatenate([old[::-1], old]), NAMES, "there are 240 images now", False),
    "images added": (lambda old: np.concatenate([old, old]), NAMES, "the first ones are the same", True),
    "another size": (lambda old: old[:, :6], NAMES, "they are 6 × 8 pixels, not 8 × 8", False),
    "classes in another order": (lambda old: old, NAMES[::-1], "class 0 is the 9, not the 0", True),
    "a class more": (
        lambda old: old,
        np.array([*NAMES, "none"]),
        "there are 11 classes, not 10",
        True,
    ),
}


@pytest.mark.parametrize("case", EXCHANGED)
def test_images_that_were_exchanged_are_refused_with_what_differs(named: Digits, case: str) -> None:
    change, names, says, may_hold = EXCHANGED[case]
    before = files(named.folder)
    put(named, np.ascontiguousarray(change(images())).astype(np.uint8), names)
    with pytest.raises(OtherImages) as told:
        reopened(named)
    assert says in str(told.value) and str(named.folder.path) in str(told.value)
    assert told.value.labels_may_hold == may_hold
    for command in (["train"], ["label", "--true", "3"], ["predict"], ["evaluate"], ["images"]):
        code, said = ipo(named, *command)
        assert code == 1 and says in said and "Nothing was changed." in said
    with pytest.raises(OtherImages, match=says[:20]):
        named.train(1)
    assert files(named.folder) == before
    put(named, images())  # the old images are back
    again = reopened(named)
    assert again.labels.snapshot().count == 40 and len(again.history) == 1


@pytest.mark.parametrize("case", [case for case in EXCHANGED if EXCHANGED[case][3]])
def test_labels_that_hold_for_other_images_can_be_kept(named: Digits, case: str) -> None:
    change, names, _, _ = EXCHANGED[case]
    pixels = np.ascontiguousarray(change(images())).astype(np.uint8)
    put(named, pixels, names)
    code, said = ipo(named, "images", "--keep-labels")
    assert code == 0 and f"{len(pixels):,} images, 40 labels" in said
    again = reopened(named)
    assert again.labels.snapshot().count == 40 and len(again.data.images) == len(pixels)
    renamed = case == "classes in another order"
    assert len(again.history) == int(renamed)  # a model of other pixels is put aside
    aside = list(named.folder.path.glob("ssvae-*.pt"))
    assert renamed == (not aside) and all(checkpoint.load(kept).epoch == 1 for kept in aside)
    again.predict()
    assert again.predictions is not None and len(again.predictions.latent) == len(pixels)


@pytest.mark.parametrize("case", [case for case in EXCHANGED if not EXCHANGED[case][3]])
def test_labels_that_cannot_hold_are_not_kept(named: Digits, case: str) -> None:
    change, names, says, _ = EXCHANGED[case]
    before = files(named.folder)
    put(named, np.ascontiguousarray(change(images())).astype(np.uint8), names)
    code, said = ipo(named, "images", "--keep-labels")
    assert code == 1 and says in said and files(named.folder) == before


def test_a_folder_without_a_record_belongs_to_the_images_of_its_newest_run(
    named: Digits,
) -> None:
    record_path(named.folder).unlink()
    put(named, images()[::-1])
    with pytest.raises(OtherImages, match="the pixels differ"):
        reopened(named)
    put(named, images())
    assert reopened(named).labels.snapshot().count == 40
    assert record_path(named.folder).exists()


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"sha256": 3}', b"[" * 100_000, b"\xff"])
def test_a_damaged_record_is_named_and_left_alone(named: Digits, content: bytes) -> None:
    path = record_path(named.folder)
    sound = path.read_bytes()
    path.write_bytes(content)
    with pytest.raises(BadImagesRecord, match=r"images\.json"):
        reopened(named)
    assert path.read_bytes() == content
    path.write_bytes(sound)
    reopened(named)


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(named: Digits) -> None:
    for path in (record_path(named.folder), named.folder.checkpoint, Path(named.source)):
        sound = path.read_bytes()
        path.unlink()
        os.mkfifo(path)
        with pytest.raises((DatasetError, ValueError, OSError), match=path.name):
            reopened(named)
        code, said = ipo(named, "evaluate")
        assert code == 1 and path.name in said
        path.unlink()
        path.write_bytes(sound)
    named.folder.predictions.unlink()
    os.mkfifo(named.folder.predictions)
    with pytest.raises(TrainingFailed, match=r"predictions\.npz"):
        reopened(named).predict()


def test_a_model_that_may_not_be_replaced_is_said_before_an_epoch_is_lost(named: Digits) -> None:
    named.folder.checkpoint.chmod(0o444)
    before = files(named.folder)
    with pytest.raises(TrainingFailed, match="the file is read-only"):
        named.train(1)
    assert files(named.folder) == before and len(named.history) == 1 and len(named.runs) == 1


def test_images_exchanged_since_they_were_opened_do_not_teach_until_that_is_answered(named: Digits) -> None:
    before = files(named.folder)
    put(named, images()[::-1])
    with pytest.raises(OtherImages, match="the pixels differ"):
        named.train(1)
    with pytest.raises(OtherImages):
        named.look()  # the labels alone are sound, the images are still others
    assert isinstance(named.unread, OtherImages) and files(named.folder) == before
    put(named, images())
    named.look()
    assert named.unread is None and not named.status.error


def test_a_model_and_predictions_of_other_images_of_the_same_shape_are_not_taken_for_theirs(
    named: Digits,
) -> None:
    other = Digits(named.home, str(named.home / "other.npz"), start=TrainingThread)
    put(other, images()[::-1])
    other.open()
    other.predict()
    assert other.predictions is not None
    named.begin_anew(CONFIG)  # as untaught as the model of the others, so that the step is the same
    named.predict()
    shutil.copy(named.folder.predictions, other.folder.predictions)
    assert reopened(other).predictions is None
    named.train(1)
    shutil.copy(named.folder.checkpoint, other.folder.checkpoint)
    before = files(other.folder)
    with pytest.raises(checkpoint.BadCheckpoint, match="was taught on other images: their pixels differ"):
        reopened(other)
    for command in (["train"], ["predict"], ["evaluate"]):
        code, said = ipo(other, *command)
        assert code == 1 and "Put the model of these images in its place" in said
    assert files(other.folder) == before


def test_a_model_of_an_older_version_which_does_not_know_its_images_goes_on(named: Digits) -> None:
    trainer = checkpoint.load(named.folder.checkpoint)
    assert trainer.data_sha256 == named.data.sha256
    trainer.data_sha256 = None
    checkpoint.save(named.folder.checkpoint, trainer)
    again = reopened(named)
    again.train(1)
    assert len(again.history) == 2
    assert checkpoint.load(named.folder.checkpoint).data_sha256 == named.data.sha256


def test_labels_of_the_same_images_elsewhere_are_said_and_can_be_taken(named: Digits) -> None:
    moved = named.home / "moved"
    moved.mkdir()
    shutil.move(named.source, moved / "small.npz")
    before = files(named.folder)
    here = Digits(named.home, str(moved / "small.npz"), start=TrainingThread)
    here.open()
    assert here.labels.snapshot().count == 0
    found = here.labels_elsewhere
    assert found is not None and (found.folder, found.count) == (named.folder, 40)
    code, said = ipo(here, "images")
    assert code == 0 and f"40 labels of these images lie in {named.folder.path}" in said
    here.take_labels()
    assert here.labels.snapshot().count == 40 and len(here.history) == 1 and here.labels_elsewhere is None
    assert files(named.folder) == before
    undone = here.labels.undo()
    assert undone is not None and undone.count == 0
    code, said = ipo(here, "images", "--take-labels")
    assert code == 0 and "120 images, 40 labels" in said


def test_labels_of_other_images_or_classes_are_not_offered(named: Digits) -> None:
    for at, (pixels, names) in enumerate([(images()[::-1], NAMES), (images(), NAMES[::-1])]):
        path = named.home / f"other{at}.npz"
        np.savez(path, images=pixels, class_names=names)
        here = Digits(named.home, str(path), start=TrainingThread)
        here.open()
        assert here.labels_elsewhere is None
        code, said = ipo(here, "images", "--take-labels")
        assert code == 1 and "No other folder in" in said


def test_which_number_is_white_is_asked_once(home: Path) -> None:
    path = home / "masks.npz"
    masks = (images() > 127).astype(np.uint8)
    np.savez(path, images=masks, class_names=NAMES)
    space = Digits(home, str(path), start=TrainingThread)
    with pytest.raises(UnclearWhite):
        space.open()
    assert isinstance(space.unread, UnclearWhite) and space.unread.highest == 1
    assert not space.folder.path.exists()
    space.choose_white(1)
    assert space.unread is None and space.data.images.max() == 255
    space.labels.label(3, 1)
    code, said = ipo(space, "images")
    assert code == 0 and "1 labels" in said
    assert reopened(space).data.images.max() == 255
    code, said = ipo(space, "images", "--white", "255")
    assert code == 1 and "the pixels differ" in said  # the label was given to other pictures


def test_a_full_disk_keeps_images_from_being_opened_and_costs_nothing(named: Digits) -> None:
    record_path(named.folder).unlink()
    before = files(named.folder)
    with small_disk(50), pytest.raises(OSError, match="too large"):
        reopened(named)
    assert files(named.folder) == before
    assert reopened(named).labels.snapshot().count == 40


def test_a_clock_that_was_set_back_overwrites_no_model(
    named: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = opening.datetime.now(opening.UTC)

    class Stopped:
        @staticmethod
        def now(zone: object) -> object:
            return now

    monkeypatch.setattr(opening, "datetime", Stopped)
    for _ in range(3):
        named.begin_anew(CONFIG)
    kept = [checkpoint.load(path).epoch for path in named.folder.path.glob("ssvae-*.pt")]
    assert sorted(kept) == [0, 0, 1]


def test_a_folder_that_is_copied_while_it_is_used_is_sound(named: Digits, tmp_path: Path) -> None:
    """At each write, as a copy may stop anywhere between files."""
    copies: list[Path] = []
    replace = os.replace

    def copy_and_replace(source: Path, target: Path) -> None:
        where = tmp_path / f"copy {len(copies)}"
        shutil.copytree(named.home / "digits", where / "digits")
        copies.append(where)
        replace(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", copy_and_replace)
        named.labels.label([1, 2], 7)
        named.labels.undo()
        named.train(1)
    assert len(copies) > 5
    for where in copies:
        copied = Digits(where, named.source, start=TrainingThread)
        copied.open()
        assert copied.labels.snapshot().count in (40, 42) and len(copied.history) in (1, 2)
        copied.labels.undo()
        assert json.loads(record_path(copied.folder).read_bytes())["shape"] == [COUNT, 8, 8]
