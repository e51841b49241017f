from pathlib import Path

import pytest

from tests.support.judging import Person


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Someone at a new session."""
    return Person(tmp_path)
