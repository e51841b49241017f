"""What was asked for is done once each, and says what came of it."""

from functools import partial

import pytest

from background import Background, Lane
from ipo.services.background_cache import PortableJob
from ipo.services.session_jobs import SessionJob, SessionJobs
from tests.support.lanes import drain, held

IMPORT = "import"


def take_in(error: Exception | None, name: str) -> str:
    if error is not None:
        raise error
    return name


class Asked:
    def __init__(self, background: Background) -> None:
        self.jobs, self.adopted = SessionJobs(background), list[str]()

    def take_in(self, name: str, error: Exception | None = None) -> SessionJob:
        job = PortableJob(f"import {name}", partial(take_in, error, name))
        return self.jobs.begin(IMPORT, "", Lane.CV, job, self.adopted.append)


@pytest.fixture
def asked(background: Background) -> Asked:
    return Asked(background)


def test_a_result_is_adopted_and_there_for_every_tab(asked: Asked, background: Background) -> None:
    job = asked.take_in("moss")
    drain(background)
    assert (job.last, job.problem, job.running, asked.adopted) == ("moss", "", False, ["moss"])
    assert asked.jobs.last(IMPORT, "") is job and asked.jobs.last(IMPORT, "other") is None


def test_whatever_is_asked_for_meanwhile_is_done_too(asked: Asked, background: Background) -> None:
    with held(background, Lane.CV):
        jobs = [asked.take_in(name) for name in ("moss", "rust", "harbour")]
    drain(background)
    assert [job.last for job in jobs] == asked.adopted == ["moss", "rust", "harbour"]


@pytest.mark.parametrize(("error", "says"), [(OSError("no room"), "no room"), (MemoryError(), "Memory ran")])
def test_a_failure_is_quoted_and_adopts_nothing(
    asked: Asked, background: Background, error: Exception, says: str
) -> None:
    job = asked.take_in("moss", error)
    drain(background)
    assert job.problem.startswith(says) and job.last is None and asked.adopted == []


def test_what_is_cancelled_says_that_nothing_was_changed(asked: Asked, background: Background) -> None:
    with held(background, Lane.CV):
        job = asked.take_in("moss")
        assert job.work is not None
        job.work.cancel()
    drain(background)
    assert job.problem == "Cancelled; nothing was changed." and asked.adopted == []
