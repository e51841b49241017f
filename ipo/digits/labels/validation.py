"""What may be asked of a store of labels: images that exist, codes that mean something."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.digits.labels.csv_file import NONE, UNSURE, Values


def validate_class(label: int, classes: int) -> int:
    """The label. Raises `ValueError` where there is no such class."""
    if label not in range(classes):
        raise ValueError(f"{label!r} is not a label; 0 to {classes - 1} or None would be right.")
    return int(label)


def validate_images(serials: int | Sequence[int] | NDArray[Any], count: int) -> NDArray[Any]:
    """Each image once, in order `(m,)`. Raises `ValueError` for one that is not among `count`."""
    chosen = np.unique(np.atleast_1d(np.asarray(serials)))
    if chosen.dtype.kind not in "iu" and chosen.size:
        raise ValueError(f"Images are named by whole numbers, not by {chosen.dtype}.")
    if chosen.size and not 0 <= int(chosen[0]) <= int(chosen[-1]) < count:
        wrong = int(chosen[0]) if chosen[0] < 0 else int(chosen[-1])
        raise ValueError(f"There is no image {wrong}; 0 to {count - 1} would be right.")
    return chosen


def validate_codes(codes: Values, count: int, classes: int) -> None:
    """Raises `ValueError` unless there is a code for each image, each a class, `NONE` or `UNSURE`."""
    if codes.shape != (count,) or not UNSURE <= codes.min() <= codes.max() < classes:
        raise ValueError(
            f"Labels are {codes.min()} to {codes.max()} for {len(codes)} images; "
            f"{NONE} to {classes - 1} for {count} would be right."
        )
