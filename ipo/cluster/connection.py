"""The connection to a scheduler: who computes there, what is under way, and what happens when it is lost."""

import logging
import pickle
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import uuid4

from ipo.cluster.call import Report, pack
from ipo.cluster.scheduler import (
    POLL_SECONDS,
    ConnectionLost,
    Link,
    WorkerStatus,
    close_link,
    open_link,
    release,
    result_of,
    submit,
    workers_of,
)
from ipo.cluster.settings import ClusterSettings, WhenLost
from ipo.error_text import error_text
from ipo.jobs import Publisher

logger = logging.getLogger("ipo.cluster")

_LOOK_SECONDS = 2.0  # between two looks at who is there


class State(StrEnum):
    """How it stands with the cluster."""

    OFF = "off"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"  # and looked for


@dataclass(frozen=True)
class ClusterStatus:
    """What a page shows."""

    state: State = State.OFF
    address: str = ""
    problem: str = ""
    workers: tuple[WorkerStatus, ...] = ()
    under_way: int = 0  # jobs of this process

    @property
    def usable(self) -> tuple[WorkerStatus, ...]:
        return tuple(worker for worker in self.workers if not worker.refused)


class Cluster:
    """Portable work on a Dask cluster, an `ipo.jobs.Engine`. Every method is safe from any thread.

    Nothing of Dask is imported before the first `connect`.
    """

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self._on_change = on_change
        self._settings: ClusterSettings | None = None  # of the scheduler that is wanted
        self._link: Link | None = None
        self._problem = ""
        self._state = State.OFF
        self._lock = threading.Lock()
        self._watching: threading.Event | None = None  # set to end it

    @property
    def ready(self) -> bool:
        link = self._link
        return link is not None and any(not worker.refused for worker in link.workers)

    @property
    def capacity(self) -> int:
        """How many pieces of decoding are done at once there; 0 while there is no cluster."""
        link = self._link
        if link is None:
            return 0
        usable = [worker for worker in link.workers if not worker.refused]
        gpus = int(sum(worker.gpus for worker in usable))
        return gpus or len(usable)

    def status(self) -> ClusterStatus:
        with self._lock:
            link = self._link
            return ClusterStatus(
                self._state,
                self._settings.address if self._settings else "",
                self._problem,
                link.workers if link else (),
                len(link.listeners) if link else 0,
            )

    def connect(self, settings: ClusterSettings) -> None:
        """Connect, and stay so until `disconnect`. Takes up to ten seconds.

        Raises `ValueError` that says what is wrong: nobody answers, Dask is not installed, a worker runs
        other versions.
        """
        self.disconnect()
        with self._lock:
            self._settings, self._state, self._problem = settings, State.CONNECTING, ""
        self._on_change()
        try:
            link = open_link(settings, self._hear)
            refused = [worker for worker in link.workers if worker.refused]
            if refused:
                close_link(link)
                named = "; ".join(f"{worker.address}: {', '.join(worker.refused)}" for worker in refused)
                raise ValueError(f"Other versions run there than here. {named}. The same would be right.")
        except ValueError as error:
            with self._lock:
                self._state, self._problem = State.OFF, str(error)
            self._on_change()
            raise
        watching = threading.Event()
        with self._lock:
            self._link, self._state, self._watching = link, State.CONNECTED, watching
        watch = threading.Thread(
            target=self._watch, args=(settings, watching), name="ipo-cluster", daemon=True
        )
        watch.start()
        logger.info("connected to %s with %d workers", settings.address, len(link.workers))
        self._on_change()

    def disconnect(self) -> None:
        """Let go of the scheduler. Work under way there is done again here, or waits, as is set."""
        with self._lock:
            link, self._link = self._link, None
            if self._watching is not None:
                self._watching.set()
            self._watching, self._settings, self._state, self._problem = None, None, State.OFF, ""
        if link is not None:
            close_link(link)
        self._on_change()

    def run(
        self, fn: Callable[..., Any], args: tuple[Any, ...], progress: Publisher, *, gpu: bool = False
    ) -> Any:
        """What `fn(*args)` returns, computed on a worker. Blocks.

        Raises what `fn` raises, `Cancelled`, and `NotDone`: for what cannot be pickled, and where the
        scheduler went away and work is not to wait for it.
        """
        packed = pack(fn, args)
        while True:
            try:
                return self._run_once(packed, progress, gpu)
            except ConnectionLost:
                if not self._wait_for_scheduler(progress):
                    raise

    def _run_once(self, packed: bytes, progress: Publisher, gpu: bool) -> Any:
        link = self._link
        if link is None:
            raise ConnectionLost("no cluster")
        job = uuid4().hex
        with self._following(link, job, progress):
            future = submit(link, packed, job, gpu)
            try:
                return result_of(link, future, progress)
            finally:
                release(link, future)

    @contextmanager
    def _following(self, link: Link, job: str, progress: Publisher) -> Iterator[None]:
        with self._lock:
            link.listeners[job] = progress
        try:
            yield
        finally:
            with self._lock:
                link.listeners.pop(job, None)

    def _wait_for_scheduler(self, progress: Publisher) -> bool:
        """Whether it is back; at once `False` where lost work is done here. Raises `Cancelled`."""
        self._look()  # before the watcher does
        while True:
            settings = self._settings
            if settings is None or settings.when_lost == WhenLost.LOCAL:
                return False
            if self._link is not None:
                return True
            progress.check()
            progress.report(0.0, f"Waiting for {settings.address}")
            time.sleep(POLL_SECONDS)

    def _hear(self, event: tuple[float, Mapping[str, Any]]) -> None:
        report = Report(**event[1]["report"])
        link = self._link
        progress = None if link is None else link.listeners.get(report.job)
        if progress is None:  # another client's, or over
            return
        progress.report(report.fraction, report.message)
        if report.partial is not None:
            progress.publish(pickle.loads(report.partial))

    def _watch(self, settings: ClusterSettings, ended: threading.Event) -> None:
        while not ended.wait(_LOOK_SECONDS):
            if self._link is None:
                self._reconnect(settings, ended)
            else:
                self._look()

    def _look(self) -> None:
        """Who is there now, or that nobody is."""
        link = self._link
        if link is None:
            return
        try:
            workers = workers_of(link.client, link.workers)
        except (OSError, TimeoutError, RuntimeError) as error:
            self._lose(link, error_text(error))
            return
        if workers != link.workers:
            link.workers = workers
            self._on_change()

    def _lose(self, link: Link, why: str) -> None:
        with self._lock:
            if self._link is not link:
                return
            self._link, self._state = None, State.LOST
            self._problem = "The scheduler does not answer any more"
        logger.warning("%s: %s", self._problem, why)
        close_link(link)
        self._on_change()

    def _reconnect(self, settings: ClusterSettings, ended: threading.Event) -> None:
        try:
            link = open_link(settings, self._hear)
        except ValueError:  # not yet; the page says that it is lost
            return
        with self._lock:
            wanted = not ended.is_set()
            if wanted:
                self._link, self._state, self._problem = link, State.CONNECTED, ""
        if not wanted:
            close_link(link)
            return
        logger.info("connected to %s again", settings.address)
        self._on_change()
