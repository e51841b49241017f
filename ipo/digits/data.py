"""Which images are taught: MNIST from the project folder, or any npz of small grey images."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo.datasets import mnist
from ipo.datasets.errors import DatasetMissing
from ipo.datasets.image_sets import open_npz
from ipo.digits.model import Images

MNIST = "mnist"


@dataclass(frozen=True, eq=False)
class Data:
    """Images, and what they show where that is known: for the eye, never for training."""

    images: Images  # (n, h, w)
    truth: NDArray[np.uint8] | None  # (n,)
    class_names: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Of the pixels."""
        return hashlib.sha256(np.ascontiguousarray(self.images).data).hexdigest()


def load(name: str, home: Path) -> Data:
    """The data `mnist`, or that of an npz by its path. Raises `DatasetError` or `OSError`."""
    if name == MNIST:
        images, truth = mnist.load("train", home)
        return Data(images, truth, tuple(map(str, range(10))))
    try:
        with open(name, "rb") as file:
            found = open_npz(file, name)
    except FileNotFoundError:
        raise DatasetMissing(f"{name} is not there; {MNIST}, or the path of an npz would be right.") from None
    return Data(found.images, found.labels, found.class_names)
