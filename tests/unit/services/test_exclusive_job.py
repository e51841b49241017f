"""Work that failed is said to have failed, whatever its error says itself."""

import pytest

from background import Background, Lane
from ipo.services.exclusive_job import ExclusiveJob


@pytest.mark.parametrize("error", [MemoryError(), TimeoutError(), ValueError("odd")])
def test_a_failure_without_words_is_no_success(error: Exception) -> None:
    def fail() -> None:
        raise error

    work = ExclusiveJob(Background(), Lane.TRAIN, owner=None)
    work.start(fail, "fail")
    assert work.job is not None and work.job.wait(30)
    assert work.problem
    work.dismiss()
    assert not work.problem
