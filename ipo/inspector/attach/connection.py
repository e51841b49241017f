"""Requests to an attached training: bounded, with one connection for each thread that asks."""

import http.client
import io
import json
import threading
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import numpy as np
from numpy.typing import NDArray

from ipo.inspector.capture.snapshots import Evicted

SECONDS = 10.0  # that an answer may take, beside what it waits for news
MOST_BYTES = 2 * 2**30  # of an answer


class Unreachable(OSError):
    """The training does not answer: its process ended, or the way there is closed."""


class Refused(ValueError):
    """The training answered that this cannot be done, in its words."""


class Connection:
    """Talks to the training at a URL. Raises `ValueError` for what is no URL of a training."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url.strip())
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("http", "https") or not parts.hostname or port == -1:
            raise ValueError(f"{url!r} is no address; one like http://127.0.0.1:8765 would be right.")
        if not token.isascii() or not token.isprintable():
            raise ValueError("The token has letters that no token has; the training printed it.")
        self.url = url.strip().rstrip("/")
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._place = parts.hostname, port
        self._path = parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token.strip()}"}
        self._local = threading.local()

    def get(self, path: str, wait: float = 0.0, **query: Any) -> dict[str, Any]:
        """JSON; `wait`: seconds that the answer may wait for news."""
        return self._json(self._send("GET", _with_query(path, query), None, SECONDS + wait))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._json(self._send("POST", path, json.dumps(body).encode(), SECONDS))

    def arrays(self, path: str, **query: Any) -> dict[str, NDArray[Any]]:
        """What an npz holds. Raises `Unreachable` for an answer that is none."""
        content = self._send("GET", _with_query(path, query), None, SECONDS)
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays}
        except (ValueError, OSError, EOFError) as error:
            raise Unreachable(f"{self.url} answered with something else than tensors: {error}") from error

    def _send(self, method: str, path: str, body: bytes | None, seconds: float) -> bytes:
        """The answer's bytes. A connection that the other side has closed meanwhile is opened once more."""
        fresh = getattr(self._local, "connection", None) is None
        try:
            return self._ask(method, path, body, seconds)
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            retry = not fresh and isinstance(error, ConnectionError | http.client.RemoteDisconnected)
            if isinstance(error, Unreachable) or not retry:
                raise _unreachable(self.url, error) from error
        try:
            return self._ask(method, path, body, seconds)
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            raise _unreachable(self.url, error) from error

    def _ask(self, method: str, path: str, body: bytes | None, seconds: float) -> bytes:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._kind(*self._place, timeout=seconds)
        elif connection.sock is not None:
            connection.sock.settimeout(seconds)
        connection.request(method, self._path + path, body, self._headers)
        answer = connection.getresponse()
        content: bytes = answer.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise Unreachable(f"{self.url} answered with more than {MOST_BYTES} bytes.")
        if answer.status >= 400:
            raise _refusal(self.url, answer.status, content)
        return content

    def _drop(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _json(self, content: bytes) -> dict[str, Any]:
        try:
            found = json.loads(content)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Unreachable(f"{self.url} is no attached training: it does not answer in JSON.")
        return found


def step_path(step: int, rest: str = "") -> str:
    """The path of a step."""
    return f"/attached/step/{step}{rest}"


def _with_query(path: str, query: dict[str, Any]) -> str:
    pairs = [
        (name, each)
        for name, value in query.items()
        for each in (value if isinstance(value, Iterable) and not isinstance(value, str) else [value])
    ]
    return f"{path}?{urlencode(pairs, quote_via=quote)}" if pairs else path


def _unreachable(url: str, error: Exception) -> Unreachable:
    if isinstance(error, Unreachable):
        return error
    says = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if isinstance(error, TimeoutError):
        says = "it did not answer in time"
    return Unreachable(f"No training answers at {url}: {says}.")


def _refusal(url: str, status: int, content: bytes) -> Exception:
    try:
        message = str(json.loads(content)["error"])
    except (ValueError, KeyError, TypeError):
        message = f"{url} answered with status {status}; is it an attached training?"
    return {410: Evicted, 404: IndexError}.get(status, Refused)(message)
