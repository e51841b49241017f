"""What a map needs to draw all images as points, in one block of bytes that is named by its content."""

import hashlib
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.digits.predictions import Predictions

UNKNOWN = 255  # instead of a class, where a model says nothing of an image

Rows = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Points:
    """The places of all images and what a model says of them."""

    content: bytes  # as `encode_points` lays it out
    version: str  # 16 hex digits of its sha256
    order: Rows  # (n,), all rows along a Morton curve: neighbours on the map are neighbours here


def encode_points(predictions: Predictions) -> Points:
    """Little endian: uint32 n, uint32 classes, float32 places (n, 2), uint32 order (n), uint8 class (n),
    uint8 certainty (n), 255 for 1.

    Places that are not finite are NaN. Where probabilities are not finite the class is `UNKNOWN`.
    """
    places = np.array(predictions.places, "<f4")
    places[~np.isfinite(places).all(1)] = np.nan
    order = morton_order(places)
    certainty = predictions.certainty
    known = np.isfinite(certainty)
    parts = (
        places,
        order.astype("<u4"),
        np.where(known, predictions.label, UNKNOWN).astype(np.uint8),
        np.rint(255 * np.clip(np.where(known, certainty, 0), 0, 1)).astype(np.uint8),
    )
    head = struct.pack("<II", len(places), predictions.probabilities.shape[1])
    content = b"".join([head, *(part.tobytes() for part in parts)])
    return Points(content, hashlib.sha256(content).hexdigest()[:16], order)


def morton_order(places: NDArray[np.float32]) -> Rows:
    """All rows of places `(n, 2)` along a Morton curve; those that are not finite come last.

    The bits of x and y on a grid of 2¹⁶ × 2¹⁶ take turns in the key (Morton, 1966).
    """
    finite = np.isfinite(places).all(1)
    rows = np.flatnonzero(finite)
    inside = places[rows].astype(np.float64)
    if len(rows):
        inside -= inside.min(0)
        inside *= 0xFFFF / (float(inside.max()) or 1.0)
    x, y = _spread_bits(inside.astype(np.uint32)).T
    along = rows[np.argsort(x | y << np.uint32(1), kind="stable")]
    return np.concatenate([along, np.flatnonzero(~finite)]).astype(np.uint32)


def _spread_bits(numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Numbers below 2¹⁶ with a zero before each bit."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        numbers = (numbers | numbers << np.uint32(shift)) & np.uint32(mask)
    return numbers
