"""How far the images of a request are: heard on the network thread, told on the one that waits for them."""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.protocol import DecodeContext
from ipo.decoders.remote.progress import DecodeProgress
from ipo.images import decode_jpeg

_LARGEST = 1024  # pixels a side of a preview


@dataclass
class _Part:
    """Images that one server draws together."""

    images: int
    progress: DecodeProgress
    url: str
    told: int = -1  # version whose previews were looked at


class RequestProgress:
    """Listens to a pool, and tells a decoder's context."""

    def __init__(self, count: int, context: DecodeContext) -> None:
        self._count, self._context = count, context
        self._lock = threading.Lock()
        self._parts: dict[int, _Part] = {}  # under way, by their first image
        self._done, self._message = 0, ""
        self._reported: tuple[float, str] = (0.0, "")

    def hear(self, first: int, images: int, progress: DecodeProgress, url: str) -> None:
        with self._lock:
            before = self._parts.get(first)
            told = before.told if before is not None and before.url == url else -1
            self._parts[first] = _Part(images, progress, url, told)
            if progress.message:
                self._message = f"{progress.message} at {url}"

    def finish(self, first: int, images: int, url: str) -> None:
        with self._lock:
            self._parts.pop(first, None)
            self._done += images
            self._message = f"Image {self._done} of {self._count} from {url}"

    def look(self) -> None:
        """Tell what is new. Raises `Cancelled`."""
        self._context.check()
        with self._lock:
            parts, message = dict(self._parts), self._message
            done = self._done + sum(part.images * part.progress.fraction for part in parts.values())
        said = done / self._count, message
        if said != self._reported:
            self._reported = said
            self._context.report(*said)
        for first, part in parts.items():
            if part.progress.previews and part.told != part.progress.version:
                self._preview(first, part)

    def _preview(self, first: int, part: _Part) -> None:
        """Offer the previews of a part; those that nobody looked at are offered again."""

        def render() -> NDArray[np.uint8]:
            part.told = part.progress.version
            images = part.progress.images()
            following = [image for at, image in enumerate(sorted(images)) if image == start + at]
            return np.stack([decode_jpeg(images[image], _LARGEST) for image in following])

        start = min(one.image for one in part.progress.previews)
        self._context.preview(render, first + start)
