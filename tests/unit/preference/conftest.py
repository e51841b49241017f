from pathlib import Path

import pytest

from tests.support.judging import Person
from tests.support.stores import Maker


@pytest.fixture
def new() -> Maker:
    """Makes candidates."""
    return Maker()


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Someone at a new session."""
    return Person(tmp_path)
