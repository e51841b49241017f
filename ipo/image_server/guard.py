"""Who is answered: clients with the token, or, on a server without one, programs of the same machine."""

import ipaddress
import re
import secrets
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_OPEN_PATHS = ("/health",)


def is_loopback(host: str) -> bool:
    """Whether a name or an address, without port, is this machine's own."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class TokenGuard:
    """ASGI middleware: 401 without `Authorization: Bearer TOKEN`.

    Without a token every program of this machine is answered, but no page in a browser: one that lets its own
    name resolve to 127.0.0.1 has another `Host`, and one that sends a form says its `Origin`.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._right = f"Bearer {token}".encode() if token else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _OPEN_PATHS:
            status, refusal = self._refusal(Headers(scope=scope))
            if refusal:
                headers: Mapping[str, str] = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
                await JSONResponse({"error": refusal}, status, headers)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> tuple[int, str]:
        if self._right:
            given = headers.get("authorization", "").encode("latin-1")
            if secrets.compare_digest(given, self._right):
                return 200, ""
            return (
                401,
                "The bearer token is missing or wrong; the one that the server was started with is right.",
            )
        host = re.sub(r":[0-9]*$", "", headers.get("host", ""))
        if "origin" in headers or not is_loopback(host):
            return 403, "Without a token the server answers programs of its own machine only, at 127.0.0.1."
        return 200, ""
