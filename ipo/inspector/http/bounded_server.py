"""A server whose connections are bounded, for others on the network to reach."""

import asyncio
import socket

import uvicorn
from starlette.applications import Starlette

from ipo.inspector.http import protocol


def settings(app: Starlette) -> uvicorn.Config:
    """How such a server serves an application."""
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=protocol.BoundedProtocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        backlog=protocol.BACKLOG,
        limit_concurrency=protocol.MAX_REQUESTS,
        h11_max_incomplete_event_size=protocol.MAX_HEADERS,
    )


class Server(uvicorn.Server):
    """Files that run out are said once a minute."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(protocol.AcceptErrorLog())
        await super().startup(sockets)
