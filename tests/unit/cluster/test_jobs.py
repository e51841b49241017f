"""What jobs promise holds wherever their work is done."""

import os
import pickle
import threading
from pathlib import Path

import numpy as np

import value_model
from background import Background, Job, JobStatus, Lane
from ipo.preference.state import MODELS, XGB
from ipo.value.status import FitState
from tests.support import portable_work as work
from tests.support.lanes import HANG, drain
from tests.support.training import Diary, Labeller
from tests.support.waiting import eventually


def test_jobs_of_a_lane_are_adopted_in_the_order_they_came(background: Background) -> None:
    adopted: list[int] = []
    for number in range(20):
        background.submit(Lane.XGB, work.add, number, 0, on_done=adopted.append, label="add")
    drain(background)
    assert adopted == list(range(20))


def test_arrays_of_any_size_arrive_as_they_are(background: Background) -> None:
    totals: list[float] = []
    for count in (0, 10, 3_000_000):
        values = np.ones(count, np.float32)
        background.submit(Lane.CV, work.total, values, on_done=totals.append, label="sum")
    drain(background)
    assert totals == [0, 10, 3_000_000]


def test_an_error_is_that_of_the_job_and_nothing_is_adopted(background: Background) -> None:
    adopted: list[object] = []
    job = background.submit(Lane.CV, work.fail, "no such thing", on_done=adopted.append, label="fail")
    assert job.wait(HANG)
    assert (job.status, str(job.error), adopted) == (JobStatus.ERROR, "no such thing", [])
    assert "portable_work.py" in job.traceback


def test_progress_messages_and_what_is_there_so_far_come_through(background: Background) -> None:
    seen: set[tuple[str, bool]] = set()
    job = background.submit(Lane.TRAIN, work.show, label="show")

    def look() -> bool:
        seen.add((job.message, job.partial is not None))
        return not job.in_flight

    eventually(look, "the end")
    assert job.status == JobStatus.OK
    assert len({message for message, _ in seen if message.startswith("step")}) >= 3
    assert (True in {shown for _, shown in seen}) and job.partial is None


def test_a_cancelled_job_ends_where_its_work_is_done(background: Background, tmp_path: Path) -> None:
    began, ended = tmp_path / "began", tmp_path / "ended"
    job = background.submit(Lane.TRAIN, work.turn, began, ended, label="turn")
    eventually(began.exists, "the work")
    job.cancel()
    assert job.wait(HANG)
    assert job.status == JobStatus.CANCELLED
    eventually(ended.exists, "the end of the work")


def test_what_is_not_marked_is_done_here(background: Background) -> None:
    here: list[int] = []
    background.submit(Lane.CV, os.getpid, on_done=here.append, label="where")
    drain(background)
    assert here == [os.getpid()]


def test_marked_work_that_cannot_be_pickled_is_done_here(background: Background) -> None:
    lock = threading.Lock()
    sums: list[object] = []

    class Odd(int):
        def __reduce__(self) -> tuple[object, ...]:
            raise pickle.PicklingError(str(lock))

    background.submit(Lane.CV, work.add, Odd(1), 2, on_done=sums.append, label="add")
    drain(background)
    assert sums == [3]


def test_never_more_than_one_fit_of_a_model_waits_and_the_newest_is_adopted(background: Background) -> None:
    state = Diary()
    person = Labeller(state)
    for _ in range(10):
        person.label([1, -1])
        value_model.train_and_record(state, background)
        waiting = [job for job in background.jobs(Lane.XGB) if job.in_flight]
        assert len(waiting) <= 1
    drain(background)
    newest = state.snapshot().generation
    assert {state.train_status[model].generation for model in MODELS} == {newest}
    assert {state.train_status[model].state for model in MODELS} == {FitState.OK}


def test_fits_and_held_out_scores_are_the_same_numbers(background: Background) -> None:
    state = Diary()
    Labeller(state).label([1, -1] * 10)
    rows = state.snapshot()
    expected = value_model.validate_rows(rows, state.params, _Quiet())
    value_model.train_and_record(state, background)
    job = value_model.request_cross_validation(state, background)
    assert isinstance(job, Job)
    drain(background)
    assert state.cv is not None
    assert state.cv.scores == expected.scores
    fitted = value_model.fit_trees(state.gram, rows, state.params, _Quiet())
    values = [model.predict(rows.X) for model in (fitted.model, state.models[XGB])]
    np.testing.assert_array_equal(*values)


class _Quiet:
    def report(self, fraction: float, message: str = "") -> None: ...
    def check(self) -> None: ...
