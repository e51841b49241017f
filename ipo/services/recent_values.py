"""Values by key, computed on a lane when they are asked for; the last few that were asked for are kept."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ipo.error_text import error_text
from ipo.jobs import Submit
from ipo.services.background_cache import BackgroundCache, PortableJob

K = TypeVar("K")
V = TypeVar("V")


class RecentValues(Generic[K, V]):
    """Every method is quick and safe to call from any thread."""

    def __init__(self, submit: Submit, prepare: Callable[[K], PortableJob[V]], most: int) -> None:
        """`prepare` takes what a key needs; it must not raise."""
        self._submit, self._prepare, self._most = submit, prepare, most
        self._caches: OrderedDict[K, BackgroundCache[K, V]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def version(self) -> Any:
        """Another one whenever a value or an error may be another."""
        with self._lock:
            return frozenset((key, cache.version) for key, cache in self._caches.items())

    def get(self, key: K) -> V | None:
        """The value of a key; `None` while it is computed, or if it failed."""
        return self._cache(key).get_exact(key)

    def refresh(self, key: K) -> None:
        """Compute the value of a key again, though it is known or has failed."""
        self._cache(key).refresh(key)

    def problem(self, key: K) -> str:
        """Why the value of a key came to nothing; empty if it did not."""
        error = self._cache(key).error
        return "" if error is None else error_text(error)

    def _cache(self, key: K) -> BackgroundCache[K, V]:
        with self._lock:
            if key not in self._caches:
                self._caches[key] = BackgroundCache(self._submit, self._prepare)
            self._caches.move_to_end(key)
            while len(self._caches) > self._most:
                self._caches.popitem(last=False)
            return self._caches[key]
