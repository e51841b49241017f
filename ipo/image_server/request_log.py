"""One line in the log for each request: who, how many images, how long that took, what was sent."""

import logging
import time
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ipo.visible import visible

logger = logging.getLogger("ipo.image_server")

GONE = 499  # the status of an answer that nobody was there to take
_BROKEN = 500  # where no answer was begun
_QUIET = ("/health", "/progress/")  # asked again and again


@dataclass
class DecodeMetrics:
    """What a route says of the images that it had drawn."""

    images: int = 0
    size: int = 0  # pixels a side
    waited: float = 0.0  # seconds
    decoded: float = 0.0


def metrics_of(scope: Scope) -> DecodeMetrics:
    """The metrics of a request under way."""
    metrics: DecodeMetrics = scope["ipo.metrics"]
    return metrics


class RequestLog:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_QUIET):
            await self._app(scope, receive, send)
            return
        metrics = scope["ipo.metrics"] = DecodeMetrics()
        status, sent, began = _BROKEN, 0, time.monotonic()

        async def count(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, count)
        finally:
            client = scope.get("client") or ("unknown", 0)
            logger.info(
                "%s %s client=%s:%d status=%d images=%d size=%d waited=%.3f decoded=%.3f took=%.3f bytes=%d",
                scope["method"],
                visible(scope["path"][:100]),
                *client[:2],
                status,
                metrics.images,
                metrics.size,
                metrics.waited,
                metrics.decoded,
                time.monotonic() - began,
                sent,
            )
