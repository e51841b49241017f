"""Sees what other programs do to labels.csv and unsure.csv while somebody looks at the labels."""

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
        self._files: tuple[Signature, Signature] | None = None  # as they were seen last
        self._since = 0.0

    def follow(self) -> bool:
        """Read the files once they rest. Whether labels, or what is wrong with them, are other ones."""
        try:
            store = self._digits.labels
            found = signature(store.path), signature(store.unsure_path)
        except (NotOpen, OSError):  # of a disk that went away, labelling will speak
            return False
        if found != self._files:
            self._files, self._since = found, self._clock()
        return self._clock() - self._since >= SETTLED_SECONDS and self._digits.follow_labels()
