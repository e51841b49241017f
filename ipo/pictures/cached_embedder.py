"""An embedder that is opened when it is needed first, and its vectors on disk, by what images hold."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo.embedding.protocol import Embedder
from ipo.jobs import SILENT, Progress
from ipo.pictures.vectors import VectorCache


class CachedEmbedder:
    """Safe for several threads. What is sent to another process opens the embedder anew there."""

    def __init__(self, home: Path, open_embedder: Callable[[], Embedder]) -> None:
        """`open_embedder` may be slow, and raise `ValueError`."""
        self._home, self._open_embedder = home, open_embedder
        self._lock = threading.Lock()
        self._loaded: tuple[Embedder, VectorCache] | None = None

    def __getstate__(self) -> tuple[Path, Callable[[], Embedder]]:
        return self._home, self._open_embedder

    def __setstate__(self, state: tuple[Path, Callable[[], Embedder]]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    @property
    def weights_hash(self) -> str:
        """Of the embedder; empty before it is opened."""
        return "" if self._loaded is None else self._loaded[0].weights_hash

    def load(self) -> tuple[Embedder, VectorCache]:
        """The embedder and its vectors. Slow at first. Raises `ValueError` that says what is missing."""
        with self._lock:
            if self._loaded is None:
                embedder = self._open_embedder()
                name = f"{embedder.name}-{embedder.weights_hash[:16]}.vectors"
                self._loaded = embedder, VectorCache(self._home / "pictures" / name, embedder.dim)
            return self._loaded

    def vectors(
        self, images: Mapping[str, NDArray[np.uint8]], progress: Progress = SILENT
    ) -> dict[str, NDArray[np.float32]]:
        """The vectors `(dim,)` of images `(h, w, 3)` by the sha256 of their files, kept for the next time.

        Raises as `load` and the embedder do, and `Cancelled`.
        """
        embedder, cache = self.load()
        found = cache.find(images)
        for content, pixels in images.items():
            if content not in found:
                progress.check()
                found[content] = embedder.embed(pixels[None])[0]
                cache.add({content: found[content]})
        return found
