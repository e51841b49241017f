"""Sees what other programs do to labels.csv while somebody looks at the labels."""

import time
from collections.abc import Callable

from ipo.digits.labels.store import Signature, signature
from ipo.digits.service import Digits
from ipo.digits.status import NotOpen

SETTLED_SECONDS = 0.4  # without another change: until then a program may have written half a file


class LabelFollower:
    """Of one set of images. To be asked every half second or so; quick where nothing changed."""

    def __init__(self, digits: Digits, clock: Callable[[], float] = time.monotonic) -> None:
        self._digits, self._clock = digits, clock
        self._file: tuple[Signature, float] | None = None  # as it was seen last, and since when

    def follow(self) -> bool:
        """Read the file once it rests. Returns whether labels, or what is wrong with them, are other ones."""
        try:
            found = signature(self._digits.labels.path)
        except (NotOpen, OSError):  # of a disk that went away, labelling will speak
            return False
        if self._file is None or self._file[0] != found:
            self._file = found, self._clock()
        if self._clock() - self._file[1] < SETTLED_SECONDS:
            return False
        return self._digits.follow_labels()
