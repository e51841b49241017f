"""Holding a lane, and waiting until all lanes are idle. The waits only bound a hang; nothing is timed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from background import Background, Job, JobStatus, Lane
from ipo.jobs import Cancelled

HANG = 60  # seconds after which a test gives up


@contextmanager
def held(background: Background, lane: Lane) -> Iterator[Job]:
    """Keep a lane busy; what is submitted meanwhile waits behind this job."""
    entered, release = threading.Event(), threading.Event()

    def hold() -> None:
        entered.set()
        release.wait(HANG)

    job = background.submit(lane, hold, label="hold")
    assert entered.wait(HANG)
    try:
        yield job
    finally:
        release.set()


def drain(background: Background) -> None:
    """Wait until every job has ended, those that ended jobs started included."""
    ended: set[Job] = set()
    while fresh := [job for lane in Lane for job in background.jobs(lane) if job not in ended]:
        for job in fresh:
            assert job.wait(HANG), f"{job.label} hangs"
            ended.add(job)


def submitting(background: Background, lane: Lane) -> Callable[..., Job]:
    """A `Submit` on a lane, as the workspace hands it out."""

    def submit(
        fn: Callable[..., Any],
        /,
        *args: Any,
        on_done: Callable[[Any], None],
        on_error: Callable[[BaseException], None],
        label: str,
    ) -> Job:
        def end(job: Job) -> None:
            if job.status != JobStatus.OK:
                on_error(job.error or Cancelled(job.label))

        return background.submit(lane, fn, *args, on_done=on_done, on_end=end, label=label)

    return submit
