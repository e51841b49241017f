"""What launchpad and training both need of the mails is done once: who comes second waits for the first."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from ipo.jobs import SILENT, Progress
from ipo.mail.embedding.cache import EmbeddingCache
from ipo.mail.embedding.embedders import open_embedder
from ipo.mail.embedding.protocol import Encoded
from ipo.mail.feature_cache import FeatureCache
from ipo.mail.features import MailFeatures
from ipo.mail.mails import MailSet

_CHECK_SECONDS = 0.1  # between two looks whether who waits was cancelled


class SharedFeatures:
    """Features of one set of mails, masked and not, of the newest mails alone. Safe for threads."""

    def __init__(self, folder: Path, name: str) -> None:
        """`folder` has the features of all sets, `name` is this one."""
        self._cache, self._name = FeatureCache(folder), name
        self._prepared: dict[bool, tuple[str, MailFeatures]] = {}
        self._lock = threading.Lock()

    def prepare(self, mails: MailSet, mask: bool, progress: Progress) -> MailFeatures:
        """Raises `Cancelled`, also while somebody else prepares them."""
        with _alone(self._lock, progress):
            sha, features = self._prepared.get(mask, ("", None))
            if features is None or sha != mails.sha:
                features = self._cache.features(self._name, mails, mask=mask, progress=progress)
                self._prepared[mask] = mails.sha, features
            return features


class SharedEmbeddings:
    """Encoded texts of one set of mails, each encoded once. Safe for threads."""

    def __init__(self, folder: Path) -> None:
        """`folder` has the encoded texts of all sets."""
        self._folder = folder
        self._lock = threading.Lock()

    def cache(self, embedder: str) -> EmbeddingCache:
        """Of an embedder. Raises `ValueError` for one that is not installed."""
        return _SharedCache(self._folder, embedder, self._lock)


class _SharedCache(EmbeddingCache):
    def __init__(self, folder: Path, embedder: str, lock: threading.Lock) -> None:
        super().__init__(folder, open_embedder(embedder))
        self._lock = lock

    def encode(self, name: str, texts: Sequence[str], progress: Progress = SILENT) -> Encoded:
        with _alone(self._lock, progress):  # what somebody else encodes now is on disk then
            return super().encode(name, texts, progress)


@contextlib.contextmanager
def _alone(lock: threading.Lock, progress: Progress) -> Iterator[None]:
    while not lock.acquire(timeout=_CHECK_SECONDS):
        progress.check()
    try:
        yield
    finally:
        lock.release()
