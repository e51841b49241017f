"""Any set of small grey images is opened by its name or path, learnt from, and kept apart from the others."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from ipo.datasets import idx
from ipo.datasets.errors import DatasetError
from ipo.digits import data
from ipo.digits.folder import folder_in
from ipo.digits.service import Digits
from ipo.digits.training import run as training
from tests.support.training_thread import TrainingThread

COUNT = 60
NAMES = ("coat", "bag", "shoe")
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 20, 24)).astype(np.uint8)
TRUTH = (np.arange(COUNT) % 3).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "datasets" / "images"
    made.mkdir(parents=True)
    return made


def put_npz(folder: Path, name: str) -> Path:
    path = folder / f"{name}.npz"
    np.savez(path, images=IMAGES, labels=TRUTH, class_names=np.array(NAMES))
    return path


def put_idx(folder: Path, name: str, ending: str = "", labels: bool = True, names: str | None = None) -> Path:
    pack = gzip.compress if ending else bytes
    path = folder / f"{name}-images-idx3-ubyte{ending}"
    path.write_bytes(pack(idx.encode(IMAGES)))
    if labels:
        (folder / f"{name}-labels-idx1-ubyte{ending}").write_bytes(pack(idx.encode(TRUTH)))
    if names is not None:
        (folder / f"{name}-classes.txt").write_text(names, "utf-8")
    return path


def refused(name: str, home: Path) -> str:
    with pytest.raises(DatasetError) as error:
        data.load(name, home)
    return str(error.value)


def test_mnist_comes_first_and_then_what_the_user_put_there(tmp_path: Path, folder: Path) -> None:
    for name in ("shoes.v2", "mnist", ".hidden"):
        (folder / f"{name}.npz").write_bytes(b"is not read")
    put_idx(folder, "clothes", ".gz", names="")
    (folder / "notes.txt").write_text("other files are no sets")
    assert data.available(tmp_path) == ("mnist", "clothes", "shoes.v2")
    assert data.available(tmp_path / "nowhere") == ("mnist",)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_files_give_what_an_npz_gives(tmp_path: Path, folder: Path, ending: str) -> None:
    put_npz(folder, "one")
    path = put_idx(folder, "other", ending, names="\ufeffcoat\nbag \nshoe\n\n")
    for name in ("one", "other", str(path)):
        found = data.load(name, tmp_path)
        assert found.truth is not None
        np.testing.assert_array_equal(found.images, IMAGES)
        np.testing.assert_array_equal(found.truth, TRUTH)
        assert found.class_names == NAMES


def test_without_names_classes_are_numbers_and_without_labels_the_ten_digits(
    tmp_path: Path, folder: Path
) -> None:
    put_idx(folder, "numbered")
    assert data.load("numbered", tmp_path).class_names == ("0", "1", "2")
    bare = data.load(str(put_idx(folder, "bare", labels=False)), tmp_path)
    assert bare.truth is None and len(bare.class_names) == 10


def test_what_is_wrong_with_a_set_is_said(tmp_path: Path, folder: Path) -> None:
    put_npz(folder, "clothes")
    assert "no images named 'cloth'; mnist, clothes would be right" in refused("cloth", tmp_path)
    assert "is not there; the path of an npz" in refused(str(tmp_path / "none.npz"), tmp_path)
    put_idx(folder, "clothes")
    assert "has clothes several times: clothes.npz, clothes-images-idx3-ubyte. Move" in refused(
        "clothes", tmp_path
    )
    put_idx(folder, "few", names="coat\nbag\n")
    assert "are 0…2; they should be in 0…1, as it names 2 classes" in refused("few", tmp_path)
    put_idx(folder, "gap", names="coat\n\nshoe\n")
    assert "gap-classes.txt, line 2: it is empty" in refused("gap", tmp_path)
    put_idx(folder, "twice", names="coat\nbag\ncoat\n")
    assert "line 3: coat is the name of another class too" in refused("twice", tmp_path)
    put_idx(folder, "latin")
    (folder / "latin-classes.txt").write_bytes(b"coat\nb\xe4g\nshoe\n")
    assert "latin-classes.txt, line 2: this is not UTF-8" in refused("latin", tmp_path)
    cut = put_idx(folder, "cut")
    cut.write_bytes(cut.read_bytes()[:-1])
    assert "cut-images-idx3-ubyte ends after 28,799 of the 28,800 values" in refused("cut", tmp_path)
    np.savez(folder / "small.npz", images=IMAGES[:3], labels=TRUTH[:3])
    assert "has 3 images; 10 or more would be right" in refused("small", tmp_path)
    np.savez(folder / "same.npz", images=IMAGES, labels=0 * TRUTH)
    assert "has 1 classes; 2 to 127 would be right" in refused("same", tmp_path)


def test_each_set_has_one_folder_of_its_own(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
    outside = tmp_path / "a" / "clothes.npz"
    monkeypatch.chdir(tmp_path / "a")
    same = [
        ["mnist"],
        ["clothes", str(folder / "clothes.npz"), str(folder / "clothes-images-idx3-ubyte.gz")],
        ["shoes.v2", str(folder / "shoes.v2.npz")],
        [str(outside), "clothes.npz", str(tmp_path / "b" / ".." / "a" / "clothes.npz")],
        [str(tmp_path / "b" / "clothes.npz")],
        [str(folder / "mnist.npz")],
    ]
    folders = [{folder_in(tmp_path, source).path for source in sources} for sources in same]
    assert [len(paths) for paths in folders] == [1] * len(same)
    assert len(set.union(*folders)) == len(same)
    assert folder_in(tmp_path, "shoes.v2").path.name == "shoes.v2"


def test_images_of_other_sizes_and_fewer_classes_are_learnt(tmp_path: Path, folder: Path) -> None:
    put_idx(folder, "clothes", names="\n".join(NAMES))
    space = Digits(tmp_path, "clothes", start=TrainingThread)
    space.open()
    assert (space.config.image_shape, space.config.classes) == ((20, 24), 3)
    space.borrow(30)
    run = space.train(1)
    space.predict()
    assert run.labels == 30 and space.predictions is not None
    assert space.predictions.probabilities.shape == (COUNT, 3)
    assert space.predictions.reconstruction.shape == (COUNT, 20, 24)
    with pytest.raises(ValueError, match="0 to 2 or None would be right"):
        space.labels.label(0, 3)


@pytest.mark.parametrize(("count", "side", "classes"), [(10, 4, 2), (130, 5, 12)])
def test_the_least_that_is_let_in_is_learnt_too(
    tmp_path: Path, folder: Path, count: int, side: int, classes: int
) -> None:
    truth = (np.arange(count) % classes).astype(np.uint8)
    np.savez(folder / "least.npz", images=np.zeros((count, side, side), np.uint8), labels=truth)
    found = data.load("least", tmp_path)
    assert training.train(folder_in(tmp_path, "least"), found, 1).trainer.epoch == 1
