"""Names of images that hold wherever the image goes: by its pixels."""

import hashlib

import numpy as np
from numpy.typing import NDArray

DIGITS = 16  # of the sha256, in hex


def image_ids(images: NDArray[np.uint8]) -> list[str]:
    """16 hex digits of the sha256 of the pixels of each of `(n, h, w)`; the same for equal images."""
    return [hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()[:DIGITS] for image in images]
