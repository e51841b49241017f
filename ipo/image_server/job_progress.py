"""How far the images of a request are, for its client to ask."""

import threading

from ipo.decoders.remote.progress import DecodeProgress


class JobProgress:
    """Written by the thread that draws, read by those that answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = 0
        self._fraction, self._message = 0.0, "Waiting for its turn"
        self._previews: dict[int, bytes] = {}

    def report(self, fraction: float, message: str) -> None:
        """`fraction`: of all images of the request."""
        with self._lock:
            self._fraction, self._message = min(1.0, max(0.0, fraction)), message
            self._version += 1

    def show(self, image: int, jpeg: bytes) -> None:
        """How an image of the request looks by now."""
        with self._lock:
            self._previews[image] = jpeg
            self._version += 1

    def finish(self, images: int) -> None:
        """The first so many images are drawn."""
        with self._lock:
            self._previews = {image: jpeg for image, jpeg in self._previews.items() if image >= images}
            self._version += 1

    def newer(self, seen: int) -> DecodeProgress | None:
        """What there is to say since a version; `None` where nothing is."""
        with self._lock:
            if self._version == seen and seen:
                return None
            return DecodeProgress.with_images(self._version, self._fraction, self._message, self._previews)
