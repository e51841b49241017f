"""Runs the inspector's server until it is interrupted."""

import contextlib
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence

import uvicorn

from ipo.inspector import recipes
from ipo.inspector.desk import Desk
from ipo.inspector.server import application


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
        recipes.find(name)
    right = token or secrets.token_urlsafe(24)
    desk = Desk("the inspector's server")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as taken:
        try:
            settings = uvicorn.Config(application(right, offered, desk), log_level="warning")
            yield uvicorn.Server(settings), taken, right
        finally:
            desk.teardown()
