"""The pictures of one folder, from which candidates are chosen: what is known, and what is still unread."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.protocol import DecoderInfo
from ipo.embedding.protocol import Embedder
from ipo.jobs import SILENT, Progress
from ipo.pictures.cached_embedder import CachedEmbedder
from ipo.pictures.index import FolderIndex
from ipo.pictures.listing import File, PassedOver, why_no_folder
from ipo.pictures.reading import ShownPicture, read_picture
from ipo.pictures.scan import EmbeddedPicture, Found, Picture, read_files, scan
from ipo.pictures.vectors import VectorCache
from ipo.visible import visible

NAME, VERSION = "pictures", "1"
AT_ONCE = 8  # pictures that are read before those who wait hear of them


class PictureGone(ValueError):
    """A picture is not in the folder any more as it was. The next one is tried."""


@dataclass(frozen=True, eq=False)
class PoolSnapshot:
    """What can be judged at one moment."""

    pictures: tuple[Picture, ...]
    features: NDArray[np.float32]  # (n, dim), rows of length 1
    version: int


@dataclass(frozen=True)
class PoolStatus:
    """How far the folder is read."""

    pictures: int  # that can be judged
    copies: int  # files that hold a picture that another one holds too
    unread: int  # files that are still to be read
    passed_over: tuple[PassedOver, ...]  # by path
    listed: bool  # whether it is known what is in the folder
    reading: bool
    problem: str  # why it is not read; empty if it is

    @property
    def files(self) -> int:
        return self.pictures + self.copies + self.unread


class PicturePool:
    """Pictures and their vectors. Every method but those that say so is quick, and safe from any thread."""

    def __init__(self, home: Path, folder: Path, open_embedder: Callable[[], Embedder], dim: int) -> None:
        """`open_embedder` may be slow, and raise `ValueError`; its embedder gives `dim` numbers a picture."""
        self.folder = folder
        self._dim = dim
        self._embedding = CachedEmbedder(home, open_embedder)
        self._index = FolderIndex(home / "pictures" / f"{_digest(str(folder))}.jsonl")
        self._lock = threading.Lock()
        self._embedded: dict[str, EmbeddedPicture] = {}  # by content
        self._unread: list[File] = []
        self._passed_over: list[PassedOver] = []
        self._copies = 0
        self._listed = self._reading = False
        self._problem = ""
        self._version = 0
        self._snapshot: PoolSnapshot | None = None

    @property
    def info(self) -> DecoderInfo:
        """Of where the images of a session come from."""
        return DecoderInfo(NAME, VERSION, self._embedding.weights_hash, True, self.latent_shape)

    def latent_shape(self, size: int) -> tuple[int, int, int]:
        """Of a picture's vector as a row keeps it, whatever the size of an image."""
        return self._dim, 1, 1

    @property
    def version(self) -> int:
        """Another one whenever there are other pictures."""
        return self._version

    def snapshot(self) -> PoolSnapshot:
        """The pictures that can be judged now."""
        with self._lock:
            if self._snapshot is None:
                embedded = self._embedded.values()
                vectors = [one.vector for one in embedded]
                features = np.stack(vectors) if vectors else np.empty((0, self._dim), np.float32)
                self._snapshot = PoolSnapshot(tuple(one.picture for one in embedded), features, self._version)
            return self._snapshot

    def status(self) -> PoolStatus:
        with self._lock:
            return PoolStatus(
                len(self._embedded),
                self._copies,
                len(self._unread),
                tuple(sorted(self._passed_over, key=lambda one: one.path)),
                self._listed,
                self._reading,
                self._problem,
            )

    def open(self, picture: Picture) -> ShownPicture:
        """Read a picture to be shown. Slow. Raises `PictureGone`; such a picture leaves the pool."""
        try:
            shown = read_picture(self.folder / picture.path)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self._discard(picture, f"it cannot be read any more: {reason}")
            raise PictureGone(f"{visible(picture.path)} cannot be read any more: {reason}.") from error
        if shown.content != picture.content:
            self._discard(picture, "it was changed since it was read; it is read anew when the folder is")
            raise PictureGone(f"{visible(picture.path)} was changed since it was read.")
        return shown

    def begin(self) -> bool:
        """Somebody is going to `scan` and `read_some`; false where somebody does already."""
        with self._lock:
            if self._reading:
                return False
            self._reading, self._problem = True, ""
            return True

    def end(self, problem: str = "") -> None:
        """Nobody reads any more, because of `problem` if there is one."""
        with self._lock:
            self._reading, self._problem = False, problem

    def scan(self, progress: Progress = SILENT) -> None:
        """Look what is in the folder, and what is known of it. Slow.

        Raises `OSError` or `ValueError` that says what is wrong with the folder or with the embedder.
        """
        _, cache = self._load()
        wrong = why_no_folder(self.folder)
        if wrong:
            raise ValueError(wrong)
        found = scan(self.folder, self._index, cache, progress)
        with self._lock:
            self._embedded, self._copies = {}, 0
            self._passed_over, self._unread = [], found.unread
            self._listed = True
            self._adopt(found)

    def read_some(self, progress: Progress = SILENT) -> bool:
        """Read a few files more. Slow. False when there were none. Raises as `scan` does."""
        embedder, cache = self._load()
        with self._lock:
            files = self._unread[:AT_ONCE]
        if not files:
            return False
        found = read_files(self.folder, files, self._index, cache, embedder, progress)
        with self._lock:
            self._unread = self._unread[len(files) :]
            self._adopt(found)
        return True

    def _adopt(self, found: Found) -> None:
        """The caller holds the lock."""
        for one in found.pictures:
            if one.picture.content in self._embedded:
                self._copies += 1
            else:
                self._embedded[one.picture.content] = one
        self._passed_over += found.passed_over
        self._changed()

    def _discard(self, picture: Picture, reason: str) -> None:
        with self._lock:
            if self._embedded.pop(picture.content, None) is not None:
                self._passed_over.append(PassedOver(picture.path, reason))
                self._changed()

    def _changed(self) -> None:
        self._version += 1
        self._snapshot = None

    def _load(self) -> tuple[Embedder, VectorCache]:
        """The embedder, which is loaded once, and its vectors. Raises `ValueError`."""
        embedder, cache = self._embedding.load()
        if embedder.dim != self._dim:
            raise ValueError(
                f"{embedder.name} gives {embedder.dim} numbers for a picture; this session has "
                f"{self._dim}. Bring the weights that it was begun with."
            )
        return embedder, cache


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]
