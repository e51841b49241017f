"""The one door for work off the render thread: lanes, jobs, and what they say while they run.

A lane is an executor with one worker, so that no kind of work waits behind another. A job is one piece
of work on a lane. Cancelling is cooperative: what runs polls `Progress.check`, what is queued never starts.
"""

import contextlib
import inspect
import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from typing import Any

from threadpoolctl import threadpool_limits

from ipo.cores import numeric_threads
from ipo.jobs import Cancelled, Engine, NotDone, is_portable

logger = logging.getLogger("ipo.background")

_REMEMBERED_JOBS = 20  # finished jobs kept per lane, for the status line and the log


class Lane(StrEnum):
    """The kinds of work that must not wait for each other."""

    DECODE = "decode"
    RIDGE = "ridge"
    XGB = "xgb"
    CV = "cv"
    TRAIN = "train"
    PREDICT = "predict"
    INSPECT = "inspect"
    FETCH = "fetch"
    EMBED = "embed"
    CONNECT = "connect"


class JobStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    OK = "ok"
    ERROR = "error"
    CANCELLED = "cancelled"


IN_FLIGHT = (JobStatus.QUEUED, JobStatus.RUNNING)


class Job:
    """One piece of work on a lane. Implements `ipo.jobs.Publisher` for the work itself."""

    def __init__(self, lane: Lane, label: str, owner: object, on_change: Callable[[], None]) -> None:
        self.lane = lane
        self.label = label
        self.owner = owner
        self.expected: tuple[type[Exception], ...] = ()  # errors that say enough without a traceback
        self.status = JobStatus.QUEUED
        self.fraction = 0.0
        self.message = ""
        self.partial: object = None  # what the work published last, while it runs
        self.started_at: float | None = None  # seconds since the epoch
        self.ended_at: float | None = None
        self.error: BaseException | None = None
        self.traceback = ""
        self._on_change = on_change
        self._cancel = threading.Event()
        self._ended = threading.Event()
        self._future: Future[Any] | None = None

    @property
    def in_flight(self) -> bool:
        return self.status in IN_FLIGHT

    @property
    def elapsed(self) -> float:
        """Seconds since the work began; 0 while it is queued."""
        if self.started_at is None:
            return 0.0
        return (self.ended_at or time.time()) - self.started_at

    @property
    def eta(self) -> float | None:
        """Seconds left if it goes on as it went; `None` while nothing is known."""
        if self.status != JobStatus.RUNNING or self.fraction <= 0:
            return None
        return self.elapsed * (1 - self.fraction) / self.fraction

    def cancel(self) -> None:
        """Ask the work to stop. Queued work ends here; running work ends at its next `check`."""
        self._cancel.set()
        if self._future is not None:
            self._future.cancel()

    @property
    def cancel_requested(self) -> bool:
        return self._cancel.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job and its `on_done` have ended. A page may do so for a moment, in a callback."""
        return self._ended.wait(timeout)

    def report(self, fraction: float, message: str = "") -> None:
        self.fraction = min(1.0, max(0.0, fraction))
        self.message = message
        self._on_change()

    def publish(self, partial: object) -> None:
        self.partial = partial
        self._on_change()

    def check(self) -> None:
        if self._cancel.is_set():
            raise Cancelled(self.label)

    def begin(self) -> None:
        """Mark the work as running. Raises `Cancelled` if it was cancelled while it waited."""
        self.check()
        self.started_at = time.time()
        self.status = JobStatus.RUNNING
        self._on_change()

    def follow(self, future: "Future[Any]", on_end: Callable[["Job"], None] | None) -> None:
        """Take over how `future` ends, then tell `on_end`."""
        self._future = future

        def settle(ended: "Future[Any]") -> None:
            self.error = None if ended.cancelled() else ended.exception()
            self.ended_at = time.time()
            self.partial = None
            if ended.cancelled() or isinstance(self.error, Cancelled):
                self.error = None
                self.status = JobStatus.CANCELLED
            elif self.error is not None:
                self.traceback = "".join(traceback.format_exception(self.error))
                self.status = JobStatus.ERROR
            else:
                self.fraction = 1.0
                self.status = JobStatus.OK
            self._log()
            try:
                if on_end is not None:
                    on_end(self)
            finally:
                self._ended.set()
                self._on_change()

        future.add_done_callback(settle)

    def _log(self) -> None:
        ended = f"{self.label}: {self.status} after {1000 * self.elapsed:.0f} ms"
        if self.error is None:
            logger.debug(ended)
        elif isinstance(self.error, self.expected):
            logger.warning("%s: %s", ended, self.error)
        else:
            logger.error("%s %s", ended, self.traceback)


class Background:
    """The lanes of one process and the jobs on them.

    `on_change` is called, on any thread, whenever a job is queued, begins, reports or has ended.
    """

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.engine: Engine | None = None  # where portable work is computed, while that is ready
        self._on_change = on_change
        # BLAS would take every core and with it the page's; the cap holds for the whole process.
        threadpool_limits(numeric_threads())
        self._executors = {
            lane: ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"ipo-{lane}") for lane in Lane
        }
        self._jobs: dict[Lane, deque[Job]] = {lane: deque() for lane in Lane}
        self._lock = threading.Lock()
        self._closing = False
        threading.Thread(target=self._cancel_at_exit, name="ipo-exit", daemon=True).start()

    def submit(
        self,
        lane: Lane,
        fn: Callable[..., Any],
        *args: Any,
        on_begin: Callable[[], None] = lambda: None,
        on_done: Callable[[Any], None] | None = None,
        on_end: Callable[[Job], None] | None = None,
        owner: object = None,
        expected: tuple[type[Exception], ...] = (),
        label: str,
    ) -> Job:
        """Queue `fn(*args)` on a lane. `owner` is whom `latest` finds the job by.

        A `fn` with a parameter `progress` gets the job there. On the lane's thread `on_begin()` runs
        before it and `on_done(result)` after it, once, which adopts the result under its owner's lock; what
        it raises is the job's error. `on_end(job)` runs after that, however the job ended. Errors that are
        `expected` are shown to whoever asked, and logged without a traceback.
        """
        job = Job(lane, label, owner, self._on_change)
        job.expected = expected
        with self._lock:
            jobs = self._jobs[lane]
            while len(jobs) >= _REMEMBERED_JOBS and not jobs[0].in_flight:
                jobs.popleft()
            jobs.append(job)

        def work() -> None:
            job.begin()
            on_begin()
            result = self._compute(fn, args, job)
            if on_done is not None:
                on_done(result)

        job.follow(self._queue(lane, work), on_end)
        self._on_change()
        return job

    def jobs(self, lane: Lane) -> list[Job]:
        """The jobs in flight on a lane and the last that ended, oldest first."""
        with self._lock:
            return list(self._jobs[lane])

    def latest(self, lane: Lane, owner: object) -> Job | None:
        """The job that `owner` submitted last on a lane."""
        return next((job for job in reversed(self.jobs(lane)) if job.owner is owner), None)

    def running(self, lane: Lane) -> Job | None:
        """What runs on a lane now, or else what waits first."""
        in_flight = [job for job in self.jobs(lane) if job.in_flight]
        started = [job for job in in_flight if job.status == JobStatus.RUNNING]
        return next(iter(started or in_flight), None)

    def _compute(self, fn: Callable[..., Any], args: tuple[Any, ...], job: Job) -> Any:
        """What the work returns: from the engine where that takes it, else from here."""
        if self.engine is not None and self.engine.ready and is_portable(fn):
            try:
                return self.engine.run(fn, args, job)
            except NotDone as error:
                logger.warning("%s: done here, as it could not be done elsewhere: %s", job.label, error)
        if "progress" in inspect.signature(fn).parameters:
            return fn(*args, progress=job)
        return fn(*args)

    def _cancel_at_exit(self) -> None:
        # Python waits for the lanes before it exits; without this Ctrl-C would wait for all queued work.
        threading.main_thread().join()
        self._cancel_all()

    def _queue(self, lane: Lane, work: Callable[[], None]) -> "Future[Any]":
        """The future of some work; a cancelled one at the end, when a job that ends may bring another."""
        if not self._closing:
            with contextlib.suppress(RuntimeError):  # the interpreter is about to exit
                return self._executors[lane].submit(work)
        future: Future[Any] = Future()
        future.cancel()
        return future

    def _cancel_all(self) -> None:
        self._closing = True
        for lane in Lane:
            for job in self.jobs(lane):
                job.cancel()

    def shutdown(self) -> None:
        """Cancel everything and wait for what runs to notice."""
        self._cancel_all()
        for executor in self._executors.values():
            executor.shutdown(wait=True)
