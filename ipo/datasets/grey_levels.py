"""Numbers of images as grey levels 0…255, where it is clear which number is white."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.datasets.errors import BadDataFile

BLACK_TO_WHITE = 255
FAINT = 20  # levels: a set that stays below is almost black, or has another white, such as 1, 3, 15 or 16

_AT_A_TIME = 1 << 24  # numbers


class UnclearWhite(BadDataFile):
    """The numbers may be levels of 0…255, of which only the darkest are there, or `highest` may be white."""

    def __init__(self, name: str, highest: int) -> None:
        super().__init__(
            f"The images of {name} are 0…{highest}: if white is {BLACK_TO_WHITE}, they are almost black. Say "
            f"which number is white: {highest} or {BLACK_TO_WHITE}; on the command line with "
            f"ipo digits images --white {highest}."
        )
        self.highest = highest


def grey_levels(images: NDArray[Any], name: str, white: int | None = None) -> NDArray[np.uint8]:
    """Levels `(n, h, w)` of bools, of floats in 0…1, or of numbers 0…255.

    `white` is the number that is white where only the darkest levels are there. Raises `UnclearWhite`, and
    `BadDataFile` for negative, larger and missing numbers.
    """
    if images.dtype.kind == "b":
        return _scaled(images, BLACK_TO_WHITE)
    low, high = images.min().item(), images.max().item()
    what = f"The images of {name} are {images.dtype} from {low:g} to {high:g}."
    right = "They should be integers in 0…255 or floats in 0…1."
    if not (math.isfinite(low) and math.isfinite(high)):
        first = int(np.flatnonzero(~np.isfinite(images).all(axis=(1, 2)))[0])
        raise BadDataFile(f"{what} {right} Image {first} is the first with NaN or infinity.")
    if low < 0:
        hint = " Save (images + 1) / 2 instead." if low >= -1 and high <= 1 else ""
        raise BadDataFile(f"{what} {right}{hint}")
    if high > BLACK_TO_WHITE:
        hint = " Save images / 65535 instead." if images.dtype == np.uint16 else ""
        raise BadDataFile(f"{what} {right}{hint}")
    if images.dtype.kind == "f" and high <= 1:
        white = 1
    elif not 0 < high < FAINT:
        white = BLACK_TO_WHITE
    elif white is None or white < high:
        raise UnclearWhite(name, math.ceil(high))
    if images.dtype == np.uint8 and white == BLACK_TO_WHITE:
        return np.ascontiguousarray(images)
    return _scaled(images, BLACK_TO_WHITE / white)


def _scaled(images: NDArray[Any], factor: float) -> NDArray[np.uint8]:
    levels = np.empty(images.shape, np.uint8)
    rows = max(1, _AT_A_TIME // max(1, math.prod(images.shape[1:])))
    for start in range(0, len(images), rows):
        part = slice(start, start + rows)
        levels[part] = np.rint(images[part].astype(np.float64) * factor)
    return levels
