"""A value by version, computed on a lane when it is asked for; the last one meanwhile."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from ipo.jobs import Submit, Work

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class PortableJob(Generic[V]):
    """Work that can be pickled and sent elsewhere: a module-level function of plain arguments."""

    label: str
    work: "partial[V]"


class BackgroundCache(Generic[K, V]):
    """The last value, and at most one computation under way with one more behind it: the last asked for.

    Every public method is quick and safe to call from any thread.
    """

    def __init__(
        self,
        submit: Submit,
        prepare: Callable[[K], PortableJob[V]],
        adopt: Callable[[V], None] = lambda value: None,
    ) -> None:
        """`prepare` takes what a version needs from wherever it is, under its locks. It must not raise.

        `adopt` runs on the lane's thread before anybody sees a value; what it raises is the error of that
        computation. What it asks for itself is computed next.
        """
        self.error: BaseException | None = None  # why the last computation came to nothing
        self.version = 0  # another one whenever a result, an error or `running` may show otherwise
        self._submit, self._prepare, self._adopt = submit, prepare, adopt
        self._lock = threading.Lock()
        self._value: V | None = None
        self._known: tuple[K] | None = None  # the version of `_value`
        self._failed: tuple[K] | None = None
        self._computing: tuple[K] | None = None
        self._queued: tuple[K] | None = None
        self._work: Work | None = None

    @property
    def last(self) -> V | None:
        """The last value, whatever its version. Computes nothing."""
        return self._value

    @property
    def running(self) -> bool:
        """Whether a value is being computed, or waits to be."""
        return self._computing is not None

    @property
    def work(self) -> Work | None:
        """The computation under way, to be watched or cancelled."""
        with self._lock:
            return None if self._computing is None else self._work

    def get(self, key: K) -> V | None:
        """The value of a version; while it is computed, or if it failed, the last one, or `None`."""
        self._request(key, again=False)
        return self._value

    def get_exact(self, key: K) -> V | None:
        """The value of no other version; `None` while it is computed, or if it failed."""
        self._request(key, again=False)
        with self._lock:
            return self._value if self._known == (key,) else None

    def refresh(self, key: K) -> None:
        """Compute a version though it is known or has failed, unless it is under way."""
        self._request(key, again=True)

    def _request(self, key: K, again: bool) -> None:
        version = (key,)
        with self._lock:
            if self._computing is not None:
                self._queued = None if version == self._computing else version
                return
            if not again and version in (self._known, self._failed):
                return
            self._begin(version)
        self._start(version)

    def _begin(self, version: tuple[K]) -> None:
        """The caller holds the lock."""
        self._computing, self._work = version, None
        self._failed = self.error = None
        self.version += 1

    def _start(self, version: tuple[K]) -> None:
        """Without the lock: `prepare` takes others, and a lane may be done at once."""
        job = self._prepare(version[0])
        work = self._submit(job.work, on_done=self._done, on_error=self._fail, label=job.label)
        with self._lock:
            if self._computing is version:
                self._work = work

    def _done(self, value: V) -> None:
        self._adopt(value)
        with self._lock:
            self._value, self._known = value, self._computing
            following = self._end()
        if following is not None:
            self._start(following)

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            self.error, self._failed = error, self._computing
            following = self._end()
        if following is not None:
            self._start(following)

    def _end(self) -> tuple[K] | None:
        """Go on to what is queued, if anything is. The caller holds the lock."""
        following, self._computing, self._queued = self._queued, None, None
        self.version += 1
        if following is not None:
            self._begin(following)
        return following
