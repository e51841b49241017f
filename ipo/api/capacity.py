"""New tabs are refused while the process runs out of files, so that those at work can still save.

A tab holds four files (its WebSocket and an event loop); saving a judgement or starting a training opens some
for a moment. Without a reserve the last file goes to a tab that cannot be served, and whoever judges gets
errors.
"""

import asyncio
import errno
import logging
from collections.abc import Callable, Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ipo import open_files

logger = logging.getLogger("ipo.api.capacity")

RESERVE = 48  # files: a training process with its pipes, and a few saves at once
RETRY_SECONDS = 10
_FULL_ERRORS = (errno.EMFILE, errno.ENFILE)


class CapacityLimit:
    """ASGI middleware: 503 for new tabs and for the health check while fewer than `reserve` files are left.

    `reclaim(wanted)` closes what can be spared until `wanted` files are left.
    """

    def __init__(
        self,
        app: ASGIApp,
        reclaim: Callable[[int], None],
        files_left: Callable[[], int | None] = open_files.left,
        reserve: int = RESERVE,
    ) -> None:
        self._app = app
        self._reclaim = reclaim
        self._files_left = files_left
        self._reserve = reserve
        self._scarce = False  # both say what was logged last
        self._full = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_new_tab(scope) or self._has_room():
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1013})  # try again later
        else:
            retry = {"Retry-After": str(RETRY_SECONDS), "Refresh": str(RETRY_SECONDS)}
            await PlainTextResponse(_FULL, status_code=503, headers=retry)(scope, receive, send)

    def _has_room(self) -> bool:
        left = self._files_left()
        if left is None:
            return True
        if left < self._reserve:
            if not self._scarce:
                logger.warning("%d of %s files are left: closed tabs are forgotten", left, open_files.limit())
            self._scarce = True
            self._reclaim(self._reserve)
            left = self._files_left() or 0
        full = left < self._reserve
        if full and not self._full:
            logger.warning("%d of %s files are left: no new tabs until some close", left, open_files.limit())
        if self._full and not full:
            logger.info("%d files are left: new tabs are served again", left)
        self._full = full
        self._scarce = self._scarce and left < 2 * self._reserve
        return not full


def log_refused_connections(loop: asyncio.AbstractEventLoop) -> None:
    """Log one line each time that no connection can be accepted for want of files.

    asyncio would write two thousand tracebacks a second, for as long as that lasts.
    """
    last = -float(RETRY_SECONDS)

    def handle(loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        nonlocal last
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in _FULL_ERRORS:
            loop.default_exception_handler(dict(context))
        elif loop.time() - last >= RETRY_SECONDS:
            last = loop.time()
            logger.warning("no file is left for another connection: %s", error)

    loop.set_exception_handler(handle)


_FULL = (
    "This server has as many files and tabs open as its machine allows.\n"
    "Close tabs that are not needed, or start it with a higher limit (ulimit -n). "
    "Tabs that are open go on. This page tries again by itself.\n"
)


def _is_new_tab(scope: Scope) -> bool:
    """Whether a request opens a page or a WebSocket, or asks whether that would be served."""
    if scope["type"] == "websocket":
        return True
    if scope["type"] != "http":
        return False
    wants_page = "text/html" in Headers(scope=scope).get("accept", "")
    return wants_page or scope["path"].endswith("/_stcore/health")
