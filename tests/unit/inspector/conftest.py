"""Small images instead of MNIST, and one desk at a time."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from ipo.inspector.determinism import one_thread
from ipo.inspector.service import InspectorService
from tests.unit.inspector.small import IMAGES, SMALL


@pytest.fixture(autouse=True)
def one_torch_thread() -> Iterator[None]:
    """Two threads wait long for each other while other tests run beside these."""
    with one_thread():
        yield


@pytest.fixture
def desk() -> Iterator[InspectorService]:
    desk = InspectorService("a test")
    yield desk
    desk.teardown()


@pytest.fixture
def small() -> dict[str, Any]:
    """Overrides for a training that is over in milliseconds."""
    return dict(SMALL, data=(IMAGES.copy(), np.arange(len(IMAGES), dtype=np.uint8) % 4))
