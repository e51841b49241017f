"""Promises of lanes and jobs."""

import threading
import time

import pytest

from background import Background, Job, JobStatus, Lane
from ipo.jobs import Progress
from tests.support.lanes import HANG, drain, held


def fail() -> None:
    raise ValueError("no such thing")


class Endless:
    """Work that runs until it is cancelled."""

    def __init__(self) -> None:
        self.entered = threading.Event()

    def __call__(self, progress: Progress) -> None:
        progress.report(0.25, "turning")
        self.entered.set()
        while True:
            progress.check()
            time.sleep(0.001)


def test_a_lane_runs_jobs_one_after_the_other_in_the_order_they_came(background: Background) -> None:
    busy = threading.Lock()
    ran: list[int] = []

    def work(number: int) -> None:
        assert busy.acquire(blocking=False)
        ran.append(number)
        time.sleep(0.0005)  # so that a second worker would find the lock taken
        busy.release()

    jobs = [background.submit(Lane.DECODE, work, number, label=f"work {number}") for number in range(40)]
    drain(background)
    assert ran == list(range(40))
    assert {job.status for job in jobs} == {JobStatus.OK}


@pytest.mark.parametrize("slow", list(Lane))
def test_no_lane_waits_for_another(background: Background, slow: Lane) -> None:
    with held(background, slow) as job:
        for lane in set(Lane) - {slow}:
            assert background.submit(lane, lambda: None, label="quick").wait(HANG)
        assert job.status == JobStatus.RUNNING


def test_a_job_reports_progress_message_elapsed_and_time_left(background: Background) -> None:
    work = Endless()
    job = background.submit(Lane.TRAIN, work, label="turn")
    assert work.entered.wait(HANG)
    assert (job.status, job.fraction, job.message) == (JobStatus.RUNNING, 0.25, "turning")
    assert job.started_at is not None
    job.started_at -= 100  # as if it had been at work for that long
    assert job.elapsed == pytest.approx(100, rel=0.2)
    assert job.eta == pytest.approx(300, rel=0.2)  # a quarter is done: three are left
    job.cancel()
    assert job.wait(HANG)
    assert job.eta is None
    assert job.elapsed == job.elapsed >= 100  # the clock stands


def test_queued_work_has_no_elapsed_time_and_nothing_to_estimate(background: Background) -> None:
    with held(background, Lane.CV):
        job = background.submit(Lane.CV, lambda: None, label="waits")
        assert (job.status, job.elapsed, job.eta, job.in_flight) == (JobStatus.QUEUED, 0.0, None, True)
    assert job.wait(HANG)
    assert (job.status, job.fraction, job.eta, job.in_flight) == (JobStatus.OK, 1.0, None, False)


@pytest.mark.parametrize(("reported", "kept"), [(-1.0, 0.0), (0.5, 0.5), (7.0, 1.0)])
def test_progress_stays_between_nothing_and_all(background: Background, reported: float, kept: float) -> None:
    seen: list[float] = []

    def work(progress: Progress) -> None:
        progress.report(reported)
        seen.append(job.fraction)

    with held(background, Lane.CV):
        job = background.submit(Lane.CV, work, label="report")
    assert job.wait(HANG)
    assert seen == [kept]


def test_cancelled_queued_work_never_runs(background: Background) -> None:
    ran: list[str] = []
    with held(background, Lane.XGB):
        job = background.submit(Lane.XGB, ran.append, "cancelled", label="waits")
        job.cancel()
        assert job.wait(HANG)  # ends at once, not when its turn comes
        assert job.status == JobStatus.CANCELLED
        later = background.submit(Lane.XGB, ran.append, "later", label="after it")
    assert later.wait(HANG)
    assert ran == ["later"]
    assert (job.elapsed, job.error) == (0.0, None)


def test_cancelled_running_work_ends_at_its_next_check(background: Background) -> None:
    work = Endless()
    adopted: list[None] = []
    job = background.submit(Lane.TRAIN, work, on_done=adopted.append, label="turn")
    assert work.entered.wait(HANG)
    job.cancel()
    assert job.wait(HANG)
    assert (job.status, job.error, job.traceback, adopted) == (JobStatus.CANCELLED, None, "", [])
    assert background.submit(Lane.TRAIN, lambda: None, label="next").wait(HANG)


def test_cancelling_what_has_ended_changes_nothing(background: Background) -> None:
    job = background.submit(Lane.CV, lambda: None, label="quick")
    assert job.wait(HANG)
    job.cancel()
    assert job.status == JobStatus.OK


def test_an_expected_error_is_logged_without_a_traceback(
    background: Background, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise FileNotFoundError(2, "No such file or directory", "rows")

    background.submit(Lane.CV, fail, expected=(OSError,), label="export zip").wait()
    assert "export zip: error after" in caplog.text and "No such file or directory: 'rows'" in caplog.text
    assert "Traceback" not in caplog.text
    background.submit(Lane.CV, fail, expected=(ValueError,), label="export zip").wait()
    assert "Traceback" in caplog.text


def test_an_error_is_kept_with_its_traceback_and_the_lane_goes_on(background: Background) -> None:
    job = background.submit(Lane.RIDGE, fail, label="fails")
    after = background.submit(Lane.RIDGE, lambda: None, label="after it")
    drain(background)
    assert job.status == JobStatus.ERROR
    assert isinstance(job.error, ValueError) and str(job.error) == "no such thing"
    assert "in fail" in job.traceback and "ValueError: no such thing" in job.traceback
    assert after.status == JobStatus.OK


def test_an_error_while_adopting_is_the_error_of_the_job(background: Background) -> None:
    def adopt(result: int) -> None:
        raise KeyError(result)

    job = background.submit(Lane.RIDGE, lambda: 7, on_done=adopt, label="adopts")
    assert job.wait(HANG)
    assert job.status == JobStatus.ERROR
    assert isinstance(job.error, KeyError) and job.error.args == (7,)
    assert "in adopt" in job.traceback


def test_the_result_is_adopted_once_on_the_thread_of_the_lane(background: Background) -> None:
    adopted: list[tuple[int, str]] = []
    job = background.submit(
        Lane.XGB,
        lambda: 7,
        on_done=lambda result: adopted.append((result, threading.current_thread().name)),
        label="adopts",
    )
    assert job.wait(HANG)
    assert len(adopted) == 1
    assert adopted[0][0] == 7 and adopted[0][1].startswith("ipo-xgb")


@pytest.mark.parametrize("how", [JobStatus.OK, JobStatus.ERROR, JobStatus.CANCELLED])
def test_on_end_hears_of_every_end_with_the_status_settled(background: Background, how: JobStatus) -> None:
    heard: list[JobStatus] = []
    work = fail if how == JobStatus.ERROR else lambda: None
    with held(background, Lane.CV):
        job = background.submit(Lane.CV, work, on_end=lambda job: heard.append(job.status), label="ends")
        if how == JobStatus.CANCELLED:
            job.cancel()
    assert job.wait(HANG)
    assert heard == [how]


def test_an_error_in_on_end_still_ends_the_job(background: Background) -> None:
    def stumble(job: object) -> None:
        raise ValueError("on_end fails")

    job = background.submit(Lane.CV, lambda: None, on_end=stumble, label="ends")
    assert background.submit(Lane.CV, lambda: None, label="after it").wait(HANG)
    assert job.wait(0)


def test_work_gets_progress_only_where_it_asks_for_it(background: Background) -> None:
    seen: list[object] = []

    def asks(value: int, progress: Progress) -> None:
        seen.append((value, progress))

    asking = background.submit(Lane.CV, asks, 3, label="asks")
    background.submit(Lane.CV, seen.append, 4, label="does not ask")
    drain(background)
    assert seen == [(3, asking), 4]


def test_latest_finds_the_last_job_of_an_owner_on_a_lane(background: Background) -> None:
    mine, yours = object(), object()

    def submit(lane: Lane, owner: object) -> object:
        return background.submit(lane, lambda: None, owner=owner, label="owned")

    submit(Lane.CV, mine)
    second, other = submit(Lane.CV, mine), submit(Lane.CV, yours)
    assert background.latest(Lane.CV, mine) is second
    assert background.latest(Lane.CV, yours) is other
    assert background.latest(Lane.RIDGE, mine) is None
    assert background.latest(Lane.CV, object()) is None


def test_running_is_what_runs_or_else_what_waits_first(background: Background) -> None:
    assert background.running(Lane.XGB) is None
    with held(background, Lane.XGB) as holding:
        background.submit(Lane.XGB, lambda: None, label="waits")
        assert background.running(Lane.XGB) is holding
        assert background.running(Lane.RIDGE) is None
    drain(background)
    assert background.running(Lane.XGB) is None


def test_jobs_in_flight_are_never_forgotten_and_ended_ones_are_bounded(background: Background) -> None:
    with held(background, Lane.CV) as holding:
        waiting = [background.submit(Lane.CV, lambda: None, label=str(number)) for number in range(50)]
        assert background.jobs(Lane.CV) == [holding, *waiting]
    drain(background)
    last = background.submit(Lane.CV, lambda: None, label="last")
    assert last.wait(HANG)
    jobs = background.jobs(Lane.CV)
    assert len(jobs) <= 20 and jobs[-1] is last


def test_shutdown_cancels_what_waits_and_what_runs() -> None:
    background = Background()
    work = Endless()
    running = background.submit(Lane.TRAIN, work, label="turns")
    waiting = background.submit(Lane.TRAIN, fail, label="waits")
    assert work.entered.wait(HANG)
    background.shutdown()
    assert (running.status, waiting.status) == (JobStatus.CANCELLED, JobStatus.CANCELLED)


def test_what_a_job_brings_at_shutdown_is_cancelled() -> None:
    background = Background()
    endless, jobs = Endless(), []

    def bring(_: Job) -> None:
        jobs.append(background.submit(Lane.DECODE, fail, label="next"))

    background.submit(Lane.DECODE, endless, on_end=bring, label="first")
    assert endless.entered.wait(HANG)
    background.shutdown()
    assert [job.status for job in jobs] == [JobStatus.CANCELLED]
