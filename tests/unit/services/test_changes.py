"""Whoever listens hears of every change until they stop listening."""

import threading

from background import Background, Job, JobStatus, Lane
from ipo.services.changes import Changes


def test_listeners_hear_until_they_end() -> None:
    changes, heard = Changes(), []
    end_first = changes.listen(lambda: heard.append("first"))
    changes.listen(lambda: heard.append("second"))
    changes.notify()
    end_first()
    end_first()
    changes.notify()
    assert heard == ["first", "second", "second"]


def test_every_turn_of_a_job_is_a_change() -> None:
    changes, seen, go = Changes(), [], threading.Event()
    background = Background(on_change=changes.notify)

    def work(progress: Job) -> None:
        go.wait(10)
        progress.report(0.5, "half")

    job = background.submit(Lane.CV, work, label="work")
    changes.listen(lambda: seen.append((job.status, job.message)))
    go.set()
    assert job.wait(10)
    background.shutdown()
    assert (JobStatus.RUNNING, "half") in seen
    assert seen[-1][0] == JobStatus.OK
