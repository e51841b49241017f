"""The server is ended while a tab is open: at once, and in order."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.support.app_server import AppServer

pytestmark = pytest.mark.e2e


@pytest.fixture
def server(tmp_path: Path) -> Iterator[AppServer]:
    """As a shell starts it, not forked."""
    with AppServer(tmp_path / "home").running() as server:
        yield server


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_service_manager_end_it_in_order(server: AppServer, how: signal.Signals) -> None:
    with (
        connect(f"{server.url.replace('http', 'ws')}/_stcore/stream", subprotocols=["streamlit"]),
        httpx.stream("GET", f"{server.url}/api/versions?preference=none") as versions,
    ):
        assert next(versions.iter_lines()).startswith("retry: ")  # a stream that has no end of its own
        assert server.stop(how) == 0
