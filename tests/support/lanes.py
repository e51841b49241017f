"""Holding a lane, and waiting until all lanes are idle. The waits only bound a hang; nothing is timed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from background import Background, Job, Lane

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
