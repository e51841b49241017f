"""What a model says of all images, as one file: the map is there at once when the app starts again."""

import io
import tokenize
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo.digits.data import Data, Images
from ipo.durable import replace_file
from ipo.regular_files import read_regular

Floats = NDArray[np.float32]

_PARTS = {"latent": 2, "places": 2, "probabilities": 2, "features": 2, "reconstruction": 3}  # and their axes
_MOST_BYTES = 1 << 34
# What zipfile and numpy raise for files that are damaged or none of theirs.
_DAMAGE = (zipfile.BadZipFile, tokenize.TokenError, ValueError, TypeError, LookupError, EOFError, SyntaxError,
           RuntimeError)  # fmt: skip


class BadPredictions(ValueError):
    """The file is none of predictions, is damaged, or of other images. Predict again."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """All images by one state of the model, in their order. Nobody writes to the arrays."""

    latent: Floats  # (n, d)
    places: Floats  # (n, 2), on the map: around 0, mean square 1, lying as the map before
    probabilities: Floats  # (n, classes), calibrated where enough held-out images have labels
    features: NDArray[np.float16]  # (n, F), what the classifier reads
    reconstruction: Images  # (n, h, w)
    step: int  # of the model; 0: it never trained
    epoch: int

    @cached_property
    def label(self) -> NDArray[np.int8]:
        """The likeliest class `(n,)`."""
        likeliest: NDArray[np.int8] = self.probabilities.argmax(1).astype(np.int8)
        return likeliest

    @cached_property
    def certainty(self) -> Floats:
        """Its probability `(n,)`."""
        highest: Floats = self.probabilities.max(1)
        return highest


def write(path: Path, predictions: Predictions, data: Data) -> None:
    """Write predictions of all images of `data`: whole, or not at all. Raises `OSError`."""
    file = io.BytesIO()
    arrays = {name: getattr(predictions, name) for name in _PARTS}
    at = np.array([predictions.step, predictions.epoch])
    np.savez(file, at=at, data_sha256=np.array(data.sha256), **arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, file.getvalue())


def read(path: Path, data: Data) -> Predictions | None:
    """The predictions of all images of `data` in a file; `None` if there is no file.

    Raises `BadPredictions`, and `OSError` where it cannot be opened.
    """
    try:
        content = read_regular(path, _MOST_BYTES)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise BadPredictions(f"{path.parent}: {error}") from error
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            step, epoch = arrays["at"].tolist()
            parts = {name: arrays[name] for name in _PARTS}
            sha256 = arrays["data_sha256"].item() if "data_sha256" in arrays else None
    except _DAMAGE as error:
        raise BadPredictions(f"{path} is damaged: {error}") from error
    if sha256 not in (None, data.sha256):  # files of older versions have none
        raise BadPredictions(f"{path} is of other images: their pixels differ, or come in another order")
    count = len(data.images)
    for name, array in parts.items():
        if array.ndim != _PARTS[name] or len(array) != count:
            raise BadPredictions(f"{name} in {path} has shape {array.shape}; there are {count} images.")
        array.setflags(write=False)
    return Predictions(**parts, step=step, epoch=epoch)
