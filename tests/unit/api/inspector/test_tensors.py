"""Values of figures by address: as they are, for ever, and a sentence when they are gone."""

from types import SimpleNamespace
from typing import cast

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from ipo.api.inspector.tensors import tensor_address
from ipo.api.routes import routes
from ipo.api.versions import OpenStreams
from ipo.services.inspector.tensor_store import TensorStore
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


def test_several_values_come_one_after_the_other_or_none_of_them(
    store: TensorStore, door: TestClient
) -> None:
    one, other = store.put(b"one", "u1"), store.put(b"other", "u1")
    assert door.get(f"{tensor_address(one)},{other}").content == b"oneother"
    assert door.get(f"{tensor_address(one)},{'0' * 64}").status_code == 404


def test_values_that_left_memory_are_missing_and_nobody_remembers_that_they_were(door: TestClient) -> None:
    answer = door.get(tensor_address("0" * 64))
    assert (answer.status_code, answer.text) == (404, "These values are no longer in memory.")
    assert "cache-control" not in answer.headers
