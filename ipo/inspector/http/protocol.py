"""HTTP connections of the inspector's server that nobody can hold open for nothing.

uvicorn bounds headers, idle connections and requests at once. What it lacks is here: a request has to arrive
within some seconds, its answer has to be taken, and connections beyond a number are closed at once.
"""

import asyncio
import errno
import json
import logging
import time
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

logger = logging.getLogger("ipo.inspector.http.routes")

REQUEST_SECONDS = 10.0  # from its first byte, or from the connection, to the last byte of its body
TAKING_SECONDS = 30.0  # in which some of an answer has to be taken
MAX_REQUESTS = 32  # connections beside which a request is still answered; the next ones get a 503
MAX_CONNECTIONS = 64
BACKLOG = 16  # connections that are accepted in one go
MAX_HEADERS = 16 * 1024  # bytes

_REQUEST_TIMEOUT = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%s"
)
_NO_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_BETWEEN_LINES = 60.0  # seconds between two lines of the log about the same trouble


class BoundedProtocol(H11Protocol):
    """Ends a connection whose request or whose reader does not come on, and those that are too many."""

    _request_timer: asyncio.TimerHandle | None = None
    _taking_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        else:
            self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_request()
        self._end_taking()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._await_request()
        else:
            self._end_request()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._end_request()  # the next request has its own time

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        self._end_taking()

    def _end_request(self) -> None:
        _cancel(self._request_timer)
        self._request_timer = None

    def _end_taking(self) -> None:
        _cancel(self._taking_timer)
        self._taking_timer = None

    def _await_request(self) -> None:
        if self._request_timer is None:
            self._request_timer = self.loop.call_later(REQUEST_SECONDS, self._request_is_late)

    def _request_is_late(self) -> None:
        self._request_timer = None
        nothing_said = self.conn.our_state is h11.SEND_RESPONSE and not self.cycle.response_started
        if self.conn.our_state is h11.IDLE or nothing_said:
            body = json.dumps({"error": f"The request did not arrive within {REQUEST_SECONDS:g} s."})
            self.transport.write(_REQUEST_TIMEOUT % (len(body), body.encode()))
            self.transport.close()
        else:
            self.transport.abort()

    def _await_reader(self, left: int) -> None:
        self._taking_timer = self.loop.call_later(TAKING_SECONDS, self._look_at_reader, left)

    def _look_at_reader(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left < before:
            self._await_reader(left)
        else:
            self.transport.abort()


class AcceptErrorLog:
    """Handler of a loop's exceptions: files that ran out are one line a minute, no traceback a connection."""

    def __init__(self) -> None:
        self._logged_at = float("-inf")

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in _NO_FILES:
            loop.default_exception_handler(context)
        elif time.monotonic() - self._logged_at > _BETWEEN_LINES:
            self._logged_at = time.monotonic()
            logger.warning(
                "No further connection can be accepted: %s. It is tried again every second.", error
            )


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
