"""Property tests are the same in every run and are never timed."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from background import Background

settings.register_profile("ipo", deadline=None, derandomize=True, database=None)
settings.load_profile("ipo")


@pytest.fixture
def background() -> Iterator[Background]:
    background = Background()
    yield background
    background.shutdown()
