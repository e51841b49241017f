"""Images in small batches through a network: what they must be, and what comes out."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.embedding.protocol import Features, Images
from ipo.jobs import Progress

_RIGHT = "uint8 of shape (B, H, W, 3) would be right"


def check_images(images: NDArray[Any]) -> None:
    """Raises `ValueError` for anything but images in RGB with at least one pixel."""
    if images.dtype != np.uint8:
        hint = ""
        if images.dtype.kind == "f":
            if not np.isfinite(images).all():
                hint = ". There are NaN or infinite values, too"
            elif images.size and images.min() >= 0 and images.max() <= 1:
                hint = ": (images * 255).round().astype(np.uint8)"
        raise ValueError(f"The images are {images.dtype}; {_RIGHT}{hint}.")
    if images.ndim != 4 or images.shape[3] != 3:
        raise ValueError(f"The images have shape {images.shape}; {_RIGHT}.")
    if not images.size:
        raise ValueError(f"There is no pixel in images of shape {images.shape}; one image or more, {_RIGHT}.")


def in_batches(
    network: Callable[[Images], NDArray[np.float32]], images: Images, batch: int, progress: Progress
) -> NDArray[np.float32]:
    """What a network says of images, `(B, …)`, of at most `batch` at a time.

    Raises `ValueError` for what are no images, `ArithmeticError` where a number comes out that is none, and
    `Cancelled`.
    """
    check_images(images)
    parts = []
    for first in range(0, len(images), batch):
        progress.check()
        progress.report(first / len(images), f"Read {first:,} of {len(images):,} images")
        part = network(images[first : first + batch])
        if not np.isfinite(part).all():
            raise ArithmeticError(
                "The network gave NaN or infinity, which weights in half precision, or damaged ones, may do. "
                "Bring the weights again, in float32."
            )
        parts.append(part)
    return np.concatenate(parts)


def unit_rows(vectors: NDArray[np.float32]) -> Features:
    """The rows at length 1; a row of zeros stays so."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    rows: Features = (vectors / np.where(lengths, lengths, 1)).astype(np.float32)
    return rows
