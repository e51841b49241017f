"""Runs the inspector's server until it is interrupted."""

import contextlib
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence

import uvicorn

from ipo.inspector.http.bounded_server import Server, settings
from ipo.inspector.http.routes import application
from ipo.inspector.recipes import registry
from ipo.inspector.service import InspectorService


def serve(
    offered: Sequence[str], host: str, port: int, token: str | None, say: Callable[[str], object]
) -> None:
    """Serve the recipes named in `offered`. `say` is told address and token once.

    Raises `UnknownName` for a recipe that cannot be found and `OSError` when the port is taken.
    """
    with server(offered, host, port, token) as (running, taken, right):
        address = f"[{host}]" if ":" in host else host
        say(f"Inspector of {', '.join(offered)} at http://{address}:{taken.getsockname()[1]}")
        say(f"Bearer token: {right}")
        running.run(sockets=[taken])


@contextlib.contextmanager
def server(
    offered: Sequence[str], host: str, port: int, token: str | None = None
) -> Iterator[tuple[uvicorn.Server, socket.socket, str]]:
    """A server that is ready to run, the socket it listens on, and its token."""
    for name in offered:
        registry.find(name)
    right = token or secrets.token_urlsafe(24)
    desk = InspectorService("the inspector's server")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as taken:
        try:
            yield Server(settings(application(right, offered, desk))), taken, right
        finally:
            desk.teardown()
