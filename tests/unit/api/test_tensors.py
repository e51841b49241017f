"""The door through which the values of figures travel."""

from starlette.applications import Starlette
from starlette.testclient import TestClient

from ipo.api.tensors import ADDRESS, tensor_routes
from ipo.services.tensor_store import TensorStore


def test_values_travel_as_they_are_and_never_change() -> None:
    store = TensorStore()
    id_ = store.put(b"\x00\x00\x80\x3f", "f4")
    answer = client(store).get(f"/{ADDRESS}/{id_}")
    assert (answer.status_code, answer.content) == (200, b"\x00\x00\x80\x3f")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "application/octet-stream"


def test_values_that_left_memory_are_missing_and_nobody_keeps_that_they_were() -> None:
    answer = client(TensorStore()).get(f"/{ADDRESS}/{'0' * 64}")
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert "puts them back when it is drawn again" in answer.text


def client(store: TensorStore) -> TestClient:
    return TestClient(Starlette(routes=tensor_routes(lambda: store)))
