"""How fast images are made, as measured, and how many are worth making before they are asked for.

What waits was proposed before the latest judgements: the longer it takes to make, the less of it is made.
"""

import time
from collections import deque
from dataclasses import dataclass
from statistics import median

REMEMBERED = 5  # times that the pace is the median of
MOST_SECONDS = 10.0  # of making images that are not asked for yet
SLOW_SECONDS = 0.5  # an image, from which on a page says when the next one comes


@dataclass(frozen=True)
class Making:
    """How images come, where making one takes long enough to say so."""

    seconds: float  # of one image, as measured
    ahead: int  # how many are made before they are asked for
    message: str  # how far the one is that is being made, like “Step 2 of 4”; empty if it does not say
    left: float | None  # seconds to the next image; `None` while none is made


class DecodingPace:
    """Seconds per image, of the last few."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=REMEMBERED)
        self._began, self._images = 0.0, 1

    @property
    def seconds(self) -> float | None:
        """Of one image; `None` before the first."""
        return median(self._seconds) if self._seconds else None

    def begin(self, images: int) -> None:
        """So many images are made together from now on."""
        self._began, self._images = time.monotonic(), images

    def note(self, seconds: float, images: int) -> None:
        """So many images took so long together."""
        self._seconds.append(seconds / images)

    def ahead(self, most: int) -> int:
        """How many images to make before they are asked for: one or more, up to `most`."""
        seconds = self.seconds
        return most if not seconds else max(min(most, 1), min(most, int(MOST_SECONDS / seconds)))

    def making(self, most: int, message: str | None) -> Making | None:
        """What a page says of it: with `message` of what is being made, `None` if nothing is.

        `None` where images come at once.
        """
        seconds = self.seconds
        if seconds is None or seconds < SLOW_SECONDS:
            return None
        left = None
        if message is not None:
            left = max(0.0, self._began + self._images * seconds - time.monotonic())
        return Making(seconds, self.ahead(most), message or "", left)
