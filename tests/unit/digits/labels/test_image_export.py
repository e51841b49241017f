"""Images go out as other programs read them: a folder per class, pixels as they are."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ipo.digits.data import Data
from ipo.digits.labels.image_export import class_folders, export_images, zip_images
from ipo.digits.labels.store import NONE, UNSURE
from tests.unit.digits.small import COUNT, images

DATA = Data(images(), None, ("../etc", "unlabelled", "Dress", "dress", "con"))


def codes() -> np.ndarray:
    codes = np.full(COUNT, NONE, np.int8)
    codes[[1, 2, 3, 4]] = [0, 1, 2, UNSURE]
    return codes


def test_each_class_has_a_folder_with_its_images_as_they_are(tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert export_images(target, DATA, codes()) == 3
    folders = class_folders(DATA.class_names)
    assert len(set(folders)) == 5 and not any("/" in name or "." in name for name in folders)
    found = sorted(str(path.relative_to(target)) for path in target.rglob("*.png"))
    assert found == sorted(f"{folders[at]}/{at + 1:06}.png" for at in range(3))
    assert np.array_equal(np.asarray(Image.open(target / folders[2] / "000003.png")), images()[3])
    with pytest.raises(FileExistsError, match="give the images a new folder"):
        export_images(target, DATA, codes())
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_zip_has_the_same_files_and_unlabelled_ones_only_if_asked_for(tmp_path: Path) -> None:
    rows = np.array([3, 4, 5])
    file = io.BytesIO()
    assert zip_images(file, DATA, codes(), rows) == 1
    assert export_images(tmp_path / "all.zip", DATA, codes(), rows, unlabelled=True) == 3
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist()[1:] == ["unlabelled/000004.png", "unlabelled/000005.png"]
    with pytest.raises(ValueError, match="None of these images has a label"):
        zip_images(file, DATA, codes(), np.array([4]))
