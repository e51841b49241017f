"""A server that runs out of files refuses new tabs, says so, and serves again when there are files."""

import asyncio
import errno
import logging

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from ipo.api.capacity import CapacityLimit, log_refused_connections

PAGE = {"accept": "text/html,application/xhtml+xml"}
RESERVE = 10


class Process:
    """A process with so many files left, of which some are held by what can be spared."""

    def __init__(self, left: int | None, spare: int = 0) -> None:
        self.left, self.spare = left, spare

    def reclaim(self, wanted: int) -> None:
        assert self.left is not None
        freed = min(self.spare, max(0, wanted - self.left))
        self.left, self.spare = self.left + freed, self.spare - freed


def answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse("served")


async def accept(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


def client(process: Process) -> TestClient:
    limit = Middleware(
        CapacityLimit, reclaim=process.reclaim, files_left=lambda: process.left, reserve=RESERVE
    )
    routes = [Route("/{path:path}", answer), WebSocketRoute("/stream", accept)]
    return TestClient(Starlette(routes=routes, middleware=[limit]))


def connects(visitor: TestClient) -> bool:
    try:
        with visitor.websocket_connect("/stream"):
            return True
    except WebSocketDisconnect as closed:
        assert closed.code == 1013
        return False


def test_a_new_tab_is_refused_while_the_reserve_is_touched_and_served_after(
    caplog: pytest.LogCaptureFixture,
) -> None:
    process = Process(left=RESERVE - 1)
    visitor = client(process)
    with caplog.at_level(logging.INFO, logger="ipo.api.capacity"):
        for _ in range(3):
            assert not connects(visitor)
        process.left = RESERVE
        for _ in range(3):
            assert connects(visitor)
    levels = [record.levelname for record in caplog.records]
    assert levels == ["WARNING", "WARNING", "INFO"]
    assert "closed tabs are forgotten" in caplog.messages[0] and "no new tabs" in caplog.messages[1]


def test_the_health_check_says_what_a_visitor_would_meet() -> None:
    process = Process(left=RESERVE)
    visitor = client(process)
    assert visitor.get("/base/_stcore/health").status_code == 200
    process.left = 0
    assert visitor.get("/base/_stcore/health").status_code == 503


def test_a_page_that_cannot_be_served_says_why_and_comes_again() -> None:
    refused = client(Process(left=0)).get("/value_model", headers=PAGE)
    assert refused.status_code == 503 and "Close tabs" in refused.text
    assert refused.headers["refresh"] == refused.headers["retry-after"] == "10"


def test_tabs_at_work_get_their_images_to_the_last() -> None:
    visitor = client(Process(left=1))
    assert visitor.get("/media/1.png", headers={"accept": "image/*"}).status_code == 200


def test_what_can_be_spared_is_let_go_before_anybody_is_refused() -> None:
    process = Process(left=3, spare=20)
    assert connects(client(process))
    assert (process.left, process.spare) == (RESERVE, 13)


def test_connections_that_cannot_be_accepted_take_one_line_and_other_errors_are_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        loop = asyncio.get_running_loop()
        log_refused_connections(loop)
        for _ in range(2000):
            loop.call_exception_handler({"message": "accept", "exception": OSError(errno.EMFILE, "Too many")})
        loop.call_exception_handler({"message": "another", "exception": OSError(errno.EIO, "Broken")})

    asyncio.run(fail())
    assert caplog.messages[0] == "no file is left for another connection: [Errno 24] Too many"
    assert len(caplog.messages) == 2 and "another" in caplog.messages[1]


def test_where_there_is_no_limit_everybody_is_served() -> None:
    assert connects(client(Process(left=None)))
