"""A small set of images behind the door, and a tab on its map."""

from pathlib import Path

import pytest

from tests.support.digits_door import MapTab, OpenDigits
from tests.support.door import door_to


@pytest.fixture
def opened(tmp_path: Path) -> OpenDigits:
    return OpenDigits(tmp_path)


@pytest.fixture
def map_tab(opened: OpenDigits) -> MapTab:
    return MapTab(door_to(opened))
