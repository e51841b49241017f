"""Which browsers may talk to this server: its own pages, at a name that is its own.

A page of another site, or of another port of this machine, can send requests to a server on loopback and
open WebSockets to it. A site can also let its own name resolve to 127.0.0.1 (DNS rebinding), after which the
browser takes the server for that site. So `Host` must be a name of this server, and `Origin` the same as
`Host`, or one that was allowed. What sends no `Origin`, such as an image in another page, is known by
`Sec-Fetch-Site`; where browsers do not send that either, `Cross-Origin-Resource-Policy` keeps the answer from
the page.
`X-Forwarded-Host` is not read: anybody can send it.
"""

import ipaddress
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("ipo.api.guard")

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_ORIGIN = re.compile(r"(https?)://(.+)", re.IGNORECASE)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_LOGGED_LENGTH = 100
_MAX_LOGGED = 50  # different refusals; a page that tries for ever does not fill the log


@dataclass(frozen=True)
class Allowlist:
    """Who is served besides loopback names and IP addresses.

    `hosts`: names that may stand in `Host`; `*.example.org` for all below, `*` for any. `origins`: pages of
    other origins that may connect and embed the app; their names may stand in `Host` too. `any_origin` leaves
    `Origin` unchecked.
    """

    hosts: frozenset[str] = field(default_factory=frozenset)
    origins: frozenset[str] = field(default_factory=frozenset)
    any_origin: bool = False

    @classmethod
    def parse(cls, hosts: Iterable[str], origins: Iterable[str], *, any_origin: bool = False) -> "Allowlist":
        """From settings as people write them, in any case, with spaces around or a slash behind."""
        names = {host.strip().lower().rstrip(".") for host in hosts}
        allowed = {origin.strip().lower().rstrip("/") for origin in origins}
        names |= {split[0] for origin in allowed if (split := _split_origin(origin)) is not None}
        return cls(frozenset(names - {""}), frozenset(allowed - {""}), any_origin)

    def allows_host(self, name: str) -> bool:
        """Whether a name, lower-case and without port, is one of this server.

        An IP address always is: the browser asked for this machine itself, and no name was resolved.
        """
        if name == "localhost" or name.endswith(".localhost") or _is_ip_address(name):
            return True
        below = (pattern[1:] for pattern in self.hosts if pattern.startswith("*."))
        return name in self.hosts or "*" in self.hosts or any(name.endswith(suffix) for suffix in below)

    def allows_origin(self, origin: str, host: tuple[str, str]) -> bool:
        """Whether a page of `origin` may talk to the server that it reached as `host`, a name and a port."""
        if self.any_origin or origin.lower() in self.origins:
            return True
        split = _split_origin(origin)
        if split is None:  # "null" of a sandboxed frame or a file, or a scheme that no page here has
            return False
        name, port, scheme = split
        host_port = "" if host[1] == _DEFAULT_PORTS[scheme] else host[1]
        return (name, port) == (host[0], host_port)


class RequestGuard:
    """ASGI middleware: 403 for strangers, and no page of theirs may embed the app."""

    def __init__(self, app: ASGIApp, allowlist: Allowlist) -> None:
        self._app = app
        self._allowlist = allowlist
        self._logged: set[str] = set()
        ancestors = " ".join(["'self'", *sorted(allowlist.origins)])
        self._headers = {
            "Content-Security-Policy": f"frame-ancestors {ancestors}",
            "X-Frame-Options": "SAMEORIGIN",  # browsers that know frame-ancestors pass this over
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope), scope.get("method", "GET"))
        if not refusal:
            await self._app(scope, receive, self._with_headers(send))
            return
        self._log(refusal, scope["path"])
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it was accepted: a 403
        else:
            response = PlainTextResponse(refusal + "\n", status_code=403, headers=self._headers)
            await response(scope, receive, send)

    def _refusal(self, headers: Headers, method: str) -> str:
        """Why a request is refused; empty if it is served."""
        hosts = headers.getlist("host")
        host = _split_host(hosts[0]) if len(hosts) == 1 else None
        if host is None:
            return (
                f"The request names the host {_short(', '.join(hosts))}; one name or address would be right."
            )
        if not self._allowlist.allows_host(host[0]):
            return (
                f"The host {_short(host[0])} is not a name of this server. If it is yours, start it with "
                f"--server.allowedHosts={host[0][:_LOGGED_LENGTH]}"
            )
        origin = headers.get("origin")
        if origin is not None:
            if self._allowlist.allows_origin(origin, host):
                return ""
            return (
                f"Pages of {_short(origin)} may not use this server, reached as {_short(hosts[0])}. "
                "If they are yours, start it with --server.corsAllowedOrigins and that origin."
            )
        if self._is_load_by_another_site(headers, method):
            return "A page of another site may link to this server, and load nothing from it."
        return ""

    def _is_load_by_another_site(self, headers: Headers, method: str) -> bool:
        """Whether a page of another origin loads an image, a script or the like; a link is none."""
        site = headers.get("sec-fetch-site", "none").lower()
        link = headers.get("sec-fetch-mode", "").lower() == "navigate" and method in ("GET", "HEAD")
        return site in ("cross-site", "same-site") and not link and not self._allowlist.any_origin

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.append(name, value)
            await send(message)

        return send_with_headers

    def _log(self, refusal: str, path: str) -> None:
        if refusal not in self._logged and len(self._logged) < _MAX_LOGGED:
            self._logged.add(refusal)
            logger.warning("refused %s: %s", _short(path), refusal)


def _split_host(host: str) -> tuple[str, str] | None:
    """Name in lower case and port, which may be empty; `None` for what is no host."""
    match = _HOST.fullmatch(host.strip())
    if match is None:
        return None
    name, port = match.groups()
    return name.lower().rstrip("."), port or ""


def _split_origin(origin: str) -> tuple[str, str, str] | None:
    """Name, port (empty where it is the scheme's own) and scheme; `None` for what is no http(s) origin."""
    match = _ORIGIN.fullmatch(origin)
    host = _split_host(match[2]) if match else None
    if match is None or host is None:
        return None
    scheme = match[1].lower()
    return host[0], "" if host[1] == _DEFAULT_PORTS[scheme] else host[1], scheme


def _is_ip_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _short(text: str) -> str:
    return repr(text[:_LOGGED_LENGTH])
