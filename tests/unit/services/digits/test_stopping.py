"""A training can be stopped from the moment it is asked for, whatever the lane does before it, and once."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from background import Background, JobStatus, Lane
from ipo.digits.service import Digits
from ipo.services.digits import service as digits_service
from ipo.services.digits.service import DigitsService
from tests.support.lanes import HANG, drain, held
from tests.support.training_thread import TrainingThread
from tests.unit.digits.small import COUNT, digits, images


class PausingDigits(Digits):
    """Waits where a training has begun on its lane and says nothing of it yet."""

    def __init__(self, home: Path, source: str) -> None:
        super().__init__(home, source, start=TrainingThread)
        self.entered, self.proceed = Event(), Event()

    def _check_images(self) -> None:
        self.entered.set()
        assert self.proceed.wait(HANG)
        super()._check_images()


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DigitsService]:
    path = tmp_path / "small.npz"
    np.savez(path, images=images(), labels=digits()[1][:COUNT].astype(np.uint8))
    monkeypatch.setattr(digits_service, "Digits", PausingDigits)
    service = DigitsService(tmp_path, str(path), Background())
    service.digits.open()
    yield service
    pausing(service).proceed.set()


def pausing(service: DigitsService) -> PausingDigits:
    assert isinstance(service.digits, PausingDigits)
    return service.digits


def test_it_is_stoppable_all_the_time_until_it_was_told(service: DigitsService) -> None:
    assert not service.stoppable
    with held(service._background, Lane.TRAIN):
        service.train(200)
        assert service.stoppable
    assert pausing(service).entered.wait(HANG)
    assert service.stoppable
    service.stop()
    assert not service.stoppable
    pausing(service).proceed.set()
    drain(service._background)
    assert service.work.job is not None and service.work.job.status == JobStatus.CANCELLED
    assert len(service.digits.history) < 200 and not service.stoppable and not service.problem


def test_no_other_work_is_stoppable(service: DigitsService) -> None:
    with held(service._background, Lane.TRAIN):
        service.choose_white(255)
        assert not service.stoppable
    pausing(service).proceed.set()
    drain(service._background)
