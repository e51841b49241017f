"""What every embedder offers: images in, one vector an image out."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ipo.jobs import SILENT, Progress

Images = NDArray[np.uint8]  # (B, H, W, 3), RGB, of any size
Features = NDArray[np.float32]  # (B, dim), rows of length 1


class Embedder(Protocol):
    """Reads what images show. An image has the same vector, within 1e-4, whatever it is embedded with."""

    @property
    def name(self) -> str: ...

    @property
    def weights_hash(self) -> str:
        """Another one whenever the same image might have another vector."""

    @property
    def dim(self) -> int: ...

    def embed(self, images: Images, progress: Progress = SILENT) -> Features:
        """One vector an image. A few images at a time go through the network, however many come.

        Raises `ValueError` for what are no images, and `Cancelled`.
        """
