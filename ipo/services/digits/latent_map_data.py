"""What the latent map shows of a set of images, by version: a browser asks for nothing twice."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ipo.digits.labels.store import Labels, Values
from ipo.digits.latent_map.neighbours import Neighbour, nearest
from ipo.digits.latent_map.points import Points, encode_points
from ipo.digits.latent_map.thumbnails import TILE, thumbnail_tile, tile_count
from ipo.digits.predictions import Predictions
from ipo.digits.service import Digits
from ipo.images import encode_png

NEIGHBOURS = 8

_REMEMBERED = 32  # states of the labels that a browser may know
_CHANGED_SHARE = 16  # where more than one label of so many changed, all of them are fewer bytes
_FEW = 64  # changes that are always told one by one

S = TypeVar("S", bound=np.generic)


@dataclass(frozen=True)
class LabelCodes:
    """The labels at one moment. `version` is another one exactly when `codes` are."""

    version: int  # 32 bits of their sha256, so that it holds after a restart
    codes: Values  # (n,) int8: a class, −1 for none, −2 for unsure


@dataclass(frozen=True)
class LabelChanges:
    """Labels that are others than those that a browser knows."""

    rows: list[int]
    codes: list[int]


@dataclass(frozen=True)
class Details:
    """What the model says of one image."""

    row: int
    predicted: int | None  # None where it says nothing
    certainty: float
    probabilities: NDArray[np.float32]  # (classes,)
    neighbours: list[Neighbour]  # in latent space, nearest first


class LatentMapData:
    """Of one set of images. Safe to call from any thread.

    A `version` is that of `points`; asked for another one, or for a row or tile that is not there, all raise
    `LookupError`. What needs the images or labels raises `NotOpen` before they are read.
    """

    def __init__(self, digits: Digits) -> None:
        self._digits = digits
        self._lock = threading.Lock()
        self._points: tuple[Predictions, Points] | None = None
        self._labels: tuple[Labels, LabelCodes] | None = None
        self._history: OrderedDict[int, Values] = OrderedDict()  # codes by version, newest last

    # What the model says.

    def newest_points(self) -> Points | None:
        """The map of the predictions that are there; `None` before there are any. 0.5 s for a million."""
        encoded = self._encode()
        return None if encoded is None else encoded[1]

    def points(self, version: str) -> Points:
        """The map of a version."""
        return self._current(version)[1]

    def predictions(self, version: str) -> Predictions:
        """Those that the points of a version show."""
        return self._current(version)[0]

    def thumbnails(self, version: str, tile: int) -> bytes:
        """The PNG of a tile of thumbnails, in the order of the points."""
        order = self._current(version)[1].order
        if not 0 <= tile < tile_count(len(order)):
            raise LookupError(f"There is no tile {tile}; 0 to {tile_count(len(order)) - 1} would be right.")
        rows = order[tile * TILE : (tile + 1) * TILE]
        return encode_png(thumbnail_tile(self._digits.data.images[rows]))

    def reconstruction(self, version: str, row: int) -> bytes:
        """The PNG of what the model makes of an image."""
        return encode_png(_at(self.predictions(version).reconstruction, row))

    def details(self, version: str, row: int) -> Details:
        """Probabilities and nearest neighbours of an image. 0.1 s for a million."""
        predictions = self.predictions(version)
        probabilities = _at(predictions.probabilities, row)
        known = bool(np.isfinite(probabilities).all())
        return Details(
            row,
            int(predictions.label[row]) if known else None,
            float(predictions.certainty[row]),
            probabilities,
            nearest(predictions.latent, row, NEIGHBOURS),
        )

    def _current(self, version: str) -> tuple[Predictions, Points]:
        encoded = self._encode()
        if encoded is None or encoded[1].version != version:
            raise LookupError("The map is another one by now.")
        return encoded

    def _encode(self) -> tuple[Predictions, Points] | None:
        predictions = self._digits.predictions
        if predictions is None:
            return None
        with self._lock:
            if self._points is None or self._points[0] is not predictions:
                self._points = predictions, encode_points(predictions)
            return self._points

    # What does not depend on the model.

    @property
    def images_version(self) -> str:
        """By which browsers keep images and truth: 16 hex digits of the sha256 of the pixels."""
        return self._digits.data.sha256[:16]

    def image(self, version: str, row: int) -> bytes:
        """The PNG of an image as it is in the set."""
        self._check_images(version)
        return encode_png(_at(self._digits.data.images, row))

    def truth(self, version: str) -> NDArray[np.uint8]:
        """What the images show `(n,)`, by the data set. Raises `LookupError` where it does not say."""
        self._check_images(version)
        truth = self._digits.data.truth
        if truth is None:
            raise LookupError("The data set does not say what its images show.")
        return truth

    def _check_images(self, version: str) -> None:
        if version != self.images_version:
            raise LookupError("These are other images now.")

    # Labels.

    def labels(self) -> LabelCodes:
        """The labels as this process knows them."""
        labels = self._digits.labels.snapshot()
        with self._lock:
            if self._labels is None or self._labels[0] is not labels:
                codes = labels.codes
                version = int.from_bytes(hashlib.sha256(codes.tobytes()).digest()[:4], "little")
                self._labels = labels, LabelCodes(version, codes)
                self._history[version] = codes
                self._history.move_to_end(version)
                if len(self._history) > _REMEMBERED:
                    self._history.popitem(last=False)
            return self._labels[1]

    def label_changes(self, known: int | None, labels: LabelCodes) -> LabelChanges | None:
        """What leads from the version that a browser knows to `labels`.

        `None` where that version is too old, or so much changed that all labels are fewer bytes.
        """
        with self._lock:
            before = None if known is None else self._history.get(known)
        if before is None or len(before) != len(labels.codes):
            return None
        rows = np.flatnonzero(before != labels.codes)
        if len(rows) > max(_FEW, len(before) // _CHANGED_SHARE):
            return None
        return LabelChanges(rows.tolist(), labels.codes[rows].tolist())


def _at(array: NDArray[S], row: int) -> NDArray[S]:
    if not 0 <= row < len(array):
        raise LookupError(f"There is no image {row}; 0 to {len(array) - 1} would be right.")
    part: NDArray[S] = array[row]
    return part
