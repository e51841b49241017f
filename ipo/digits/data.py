"""Which images are taught: MNIST, the sets in `datasets/images/` of the project folder by their names, or any
set of small grey images by its path. See `ipo.datasets.image_files` for the files.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo.datasets import image_files, mnist
from ipo.datasets.errors import BadDataFile, DatasetMissing

Images = NDArray[np.uint8]  # (n, h, w)

MNIST = "mnist"

_DIGITS = tuple(map(str, range(10)))
_FEWEST = 10  # images: fewer leave none to learn from beside those that are held out
_CLASSES = (2, 127)  # labels are signed bytes, and one class is nothing to learn
_LEAST_SIDE = 4  # pixels


@dataclass(frozen=True, eq=False)
class Data:
    """Images, and what they show where that is known: for the eye, never for training."""

    images: Images
    truth: NDArray[np.uint8] | None  # (n,)
    class_names: tuple[str, ...]  # the ten digits where the set says nothing of classes

    @cached_property
    def sha256(self) -> str:
        """Of the pixels."""
        return pixels_sha256(self.images)


def pixels_sha256(images: Images) -> str:
    return hashlib.sha256(np.ascontiguousarray(images).data).hexdigest()


def available(home: Path) -> tuple[str, ...]:
    """Names that `load` knows: `mnist`, fetched or not, and then the sets in the project folder, sorted."""
    names = image_files.names_in(_folder(home))
    return (MNIST, *(name for name in names if not _is_mnist(name)))


def load(name: str, home: Path, white: int | None = None) -> Data:
    """The data of a name that is `available`, or of a path.

    `white` is the number that is white, where the file leaves a doubt. Raises `DatasetError` or `OSError`.
    """
    if _is_mnist(name):
        images, truth = mnist.load("train", home)
        return Data(images, truth, _DIGITS)
    known = available(home)
    if image_files.is_path(name):
        path = image_files.locate(Path(name))
    elif image_files.fold_name(name) in map(image_files.fold_name, known):
        path = image_files.path_in(_folder(home), name)
    else:
        raise DatasetMissing(
            f"There are no images named {name!r}; {', '.join(known)} would be right, or the path of a file. "
            f"Put {name or 'NAME'}.npz or {name or 'NAME'}-images-idx3-ubyte into {_folder(home)}."
        )
    found = image_files.open_file(path, white)
    data = Data(found.images, found.labels, found.class_names or _DIGITS)
    _check(data, str(path))
    return data


def workspace_name(name: str, home: Path) -> str:
    """What the folder of a set is called: another one for each set, however the same set is named."""
    if not image_files.is_path(name):
        if _is_mnist(name):
            return MNIST
        same = image_files.fold_name(name)
        known = [one for one in image_files.names_in(_folder(home)) if image_files.fold_name(one) == same]
        return name if name in known or len(known) != 1 else known[0]
    path = image_files.locate(Path(name)).resolve()
    plain = image_files.set_name(path)
    if path.parent == _folder(home).resolve() and not _is_mnist(plain):
        return plain
    return f"{plain}-{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"


def _is_mnist(name: str) -> bool:
    """Also in capitals: some disks would give both the same folder."""
    return image_files.fold_name(name) == MNIST


def _folder(home: Path) -> Path:
    return home / "datasets" / "images"


def _check(data: Data, name: str) -> None:
    """Raises `BadDataFile` for what no model can learn."""
    count, classes = len(data.images), len(data.class_names)
    height, width = data.images.shape[1:]
    least = f"{_LEAST_SIDE} × {_LEAST_SIDE}"
    if count < _FEWEST:
        raise BadDataFile(f"{name} has {count} images; {_FEWEST} or more would be right.")
    if min(height, width) < _LEAST_SIDE:
        raise BadDataFile(f"The images of {name} are {height} × {width}; {least} or more would be right.")
    if not _CLASSES[0] <= classes <= _CLASSES[1]:
        raise BadDataFile(f"{name} has {classes} classes; {_CLASSES[0]} to {_CLASSES[1]} would be right.")
