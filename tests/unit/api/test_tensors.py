"""Values of figures by address: as they are, for ever, and a sentence when they are gone."""

from types import SimpleNamespace
from typing import cast

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from ipo.api.routes import routes
from ipo.api.tensors import tensor_address
from ipo.api.versions import OpenStreams
from ipo.services.tensor_store import TensorStore
from ipo.services.workspace import Workspace


@pytest.fixture
def store() -> TensorStore:
    return TensorStore()


@pytest.fixture
def door(store: TensorStore) -> TestClient:
    workspace = cast(Workspace, SimpleNamespace(tensors=store))
    return TestClient(Starlette(routes=[Mount("/api", routes=routes(lambda: workspace, OpenStreams()))]))


def test_values_travel_as_they_are_and_never_change(store: TensorStore, door: TestClient) -> None:
    answer = door.get(tensor_address(store.put(b"\x00\x00\x80\x3f", "f4")))
    assert (answer.status_code, answer.content) == (200, b"\x00\x00\x80\x3f")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "application/octet-stream"


def test_values_that_left_memory_are_missing_and_nobody_remembers_that_they_were(door: TestClient) -> None:
    answer = door.get(tensor_address("0" * 64))
    assert (answer.status_code, answer.text) == (404, "These values are no longer in memory.")
    assert "cache-control" not in answer.headers
