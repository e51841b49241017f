"""The HTTP server of an attached training, in a thread of its process."""

import socket
import threading
import time

from starlette.applications import Starlette

from ipo.inspector.http.bounded_server import Server, settings

_START_SECONDS = 10.0


class AttachmentServer:
    """Serves from construction until `stop`. Raises `OSError` where the port is taken."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family)
        named = host if host not in ("0.0.0.0", "::") else socket.gethostname()
        address = f"[{named}]" if ":" in named else named
        self.url = f"http://{address}:{self._socket.getsockname()[1]}"
        self._server = Server(settings(app))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="ipo attach", daemon=True
        )
        self._thread.start()

    def stop(self, goodbye: float) -> None:
        """Serve for `goodbye` more seconds, so that pages hear the last news, then no more."""
        if goodbye:
            time.sleep(goodbye)
        self._server.should_exit = True
        self._server.force_exit = True  # a request for news may wait for long
        self._thread.join(_START_SECONDS)
        self._socket.close()
