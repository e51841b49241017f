"""Images that are shown before they are finished: how often, at what price, and where nobody looks."""

import logging
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ipo.error_text import error_text
from ipo.jobs import Progress

# What a decoder may raise for reasons of its own.
_FAILURES = (ValueError, TypeError, ArithmeticError, LookupError, OSError, RuntimeError, MemoryError)

logger = logging.getLogger("ipo.decoders.previews")

EVERY_SECONDS = 1 / 3  # at the most often; an image that takes less has no preview
MOST_SHARE = 0.1  # of the time, that rendering previews may take

Render = Callable[[], NDArray[np.uint8]]  # (n, h, w, 3)


class PreviewPace:
    """When the next preview of images that are being made is due, from now on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due = clock() + EVERY_SECONDS
        self._failed = False

    def render(self, render: Render) -> NDArray[np.uint8] | None:
        """A preview `(n, h, w, 3)`; `None` where none is due, or after one that could not be rendered."""
        began = self._clock()
        if self._failed or began < self._due:
            return None
        try:
            images = _checked(render())
        except _FAILURES as error:
            logger.warning("No previews of these images: %s", error_text(error))
            self._failed = True
            return None
        ended = self._clock()
        self._due = max(began + EVERY_SECONDS, ended + (ended - began) * (1 / MOST_SHARE - 1))
        return images


class WithoutPreviews:
    """The context of a decoder where nobody looks before an image is finished."""

    def __init__(self, progress: Progress) -> None:
        self.report, self.check = progress.report, progress.check

    def preview(self, render: Render, first: int = 0) -> None:
        """Nobody looks."""


def _checked(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if images.ndim != 4 or images.shape[-1] != 3 or images.dtype != np.uint8 or not images.size:
        raise ValueError(f"a preview is {images.dtype} {images.shape}; uint8 (n, h, w, 3) would be right")
    return images
