"""The server of the app: what Streamlit's settings say of who may use it, and what is done at its start."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from types import FrameType

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp
from streamlit import config
from streamlit.cli_util import open_browser
from streamlit.web.server.server_util import get_display_address, get_url

from ipo import open_files
from ipo.api.arrivals import arrival_route
from ipo.api.capacity import CapacityLimit, log_refused_connections
from ipo.api.guard import Allowlist, RequestGuard
from ipo.api.routes import routes
from ipo.api.versions import OpenStreams
from ipo.ui.disconnected_tabs import DisconnectedSessions, replace_session_storage
from ipo.ui.page_paths import DEFAULT_URL, INSPECTOR_URL
from ipo.ui.runtime.live_page import PANELS
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.watcher import Watcher

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_EXIT_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Server:
    """What `st.App` is given: routes, middleware around every request, what begins and ends with it."""

    def __init__(self) -> None:
        self.streams = OpenStreams()
        self._sessions: DisconnectedSessions | None = None

    @property
    def routes(self) -> list[BaseRoute]:
        """The HTTP door, and names of pages that are no addresses to Streamlit."""
        inside = [*routes(workspace, self.streams), arrival_route(PANELS.note_arrival)]
        base = _base_path()
        return [
            Mount(f"{base}/api", routes=inside),
            Route(f"{base}/{DEFAULT_URL}", partial(_go_to, "")),
            Route(f"{base}/inspector", partial(_go_to, INSPECTOR_URL)),
        ]

    @property
    def middleware(self) -> list[Middleware]:
        """Outermost first. Settings are read when the server starts, as only then all of them are known."""
        return [Middleware(_guarded), Middleware(CapacityLimit, reclaim=self._reclaim)]

    @contextlib.asynccontextmanager
    async def lifespan(self, app: st.App) -> AsyncIterator[None]:
        open_files.raise_limit()
        log_refused_connections(asyncio.get_running_loop())
        self._sessions = DisconnectedSessions(config.get_option("server.disconnectedSessionTTL"))
        replace_session_storage(self._sessions)
        if not config.get_option("server.headless"):
            open_browser(get_url(_browser_address()))
        loop = asyncio.get_running_loop()
        watching = loop.create_task(Watcher(PANELS).run(lambda: workspace().changes))
        with _before_exit(lambda: loop.call_soon_threadsafe(self.streams.close)):
            yield
        watching.cancel()
        _forget_signals()

    def _reclaim(self, wanted: int) -> None:
        if self._sessions is not None:
            self._sessions.reclaim(wanted)


def _go_to(page: str, request: Request) -> RedirectResponse:
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{_base_path()}/{page}{query}")


def _base_path() -> str:
    """The path below which Streamlit serves the app, as `/a/b`; empty for none."""
    path = str(config.get_option("server.baseUrlPath")).strip("/")
    return f"/{path}" if path else ""


def read_allowlist() -> Allowlist:
    """Who may use the server, as Streamlit's settings say.

    `server.allowedHosts` and `server.corsAllowedOrigins` name more; `server.enableCORS=false` lets in
    pages of any origin.
    """
    hosts = [*config.get_option("server.allowedHosts"), config.get_option("browser.serverAddress")]
    address = config.get_option("server.address") or "0.0.0.0"
    if address not in _LOOPBACK:  # others reach this machine by its name
        hosts += [address, socket.gethostname(), f"{socket.gethostname()}.local"]
    origins = config.get_option("server.corsAllowedOrigins")
    return Allowlist.parse(hosts, origins, any_origin=not config.get_option("server.enableCORS"))


def _guarded(app: ASGIApp) -> RequestGuard:
    return RequestGuard(app, read_allowlist())


def _browser_address() -> str:
    if config.is_manually_set("browser.serverAddress"):
        return str(config.get_option("browser.serverAddress"))
    address = get_display_address(config.get_option("server.address") or "localhost")
    return f"[{address}]" if ":" in address else address


@contextlib.contextmanager
def _before_exit(close: Callable[[], object]) -> Iterator[None]:
    """Have `close` called when a signal ends the server: uvicorn waits for streams that nobody ends."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in _EXIT_SIGNALS}

    def end(number: int, frame: FrameType | None) -> None:
        close()
        handler = handlers[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in _EXIT_SIGNALS:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _forget_signals() -> None:
    """Let the process end as if nobody had asked it to.

    uvicorn raises the signals that ended it anew, which would end Python before the lanes have ended their
    work.
    """
    for number in _EXIT_SIGNALS:
        server = getattr(signal.getsignal(number), "__self__", None)
        if isinstance(server, uvicorn.Server):
            server._captured_signals.clear()
