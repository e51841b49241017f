"""A server that may open few files: tabs come and go without end, and those that stay are not harmed."""

from contextlib import ExitStack, suppress

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from ipo.api.capacity import RESERVE
from tests.support.app_server import AppServer
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e

LIMIT = RESERVE + 50  # room for about ten tabs
PAGE = {"accept": "text/html"}


def open_tab(server: AppServer) -> connect:
    return connect(f"{server.url.replace('http', 'ws')}/_stcore/stream", subprotocols=["streamlit"])


def healthy(server: AppServer) -> bool:
    return httpx.get(f"{server.url}/_stcore/health").status_code == 200


def open_tabs(server: AppServer, tabs: ExitStack) -> list[ClientConnection]:
    """Tabs until the server takes no more."""
    connected = []
    with suppress(InvalidStatus):
        while len(connected) < LIMIT:
            connected.append(tabs.enter_context(open_tab(server)))
    return connected


def test_tabs_that_close_make_room_for_others_without_end(server: AppServer) -> None:
    server.limit_files(LIMIT)
    for _ in range(3 * LIMIT):
        with open_tab(server):
            pass
    eventually(lambda: healthy(server), "room for a tab")


def test_a_full_server_says_so_keeps_its_tabs_and_serves_again(server: AppServer) -> None:
    server.limit_files(LIMIT)
    with ExitStack() as tabs:
        connected = open_tabs(server, tabs)
        assert 5 < len(connected) < LIMIT / 4
        assert not healthy(server)
        refused = httpx.get(server.url, headers=PAGE)
        assert refused.status_code == 503 and "Close tabs" in refused.text
        for one in connected:
            assert one.ping().wait(30)
    eventually(lambda: healthy(server), "room for a tab")
    with open_tab(server):
        assert httpx.get(server.url, headers=PAGE).status_code == 200
