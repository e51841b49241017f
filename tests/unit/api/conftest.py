"""A person who judges, and a small set of images, behind the door."""

from pathlib import Path

import pytest

from tests.support.digits_door import MapTab, OpenDigits
from tests.support.door import OpenSessions, door_to
from tests.support.judging import Person
from tests.support.training_thread import training_thread

__all__ = ["training_thread"]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


@pytest.fixture
def sessions(person: Person) -> OpenSessions:
    return OpenSessions(person)


@pytest.fixture
def opened(tmp_path: Path) -> OpenDigits:
    return OpenDigits(tmp_path)


@pytest.fixture
def map_tab(opened: OpenDigits) -> MapTab:
    return MapTab(door_to(opened))
