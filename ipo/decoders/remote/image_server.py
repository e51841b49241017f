"""One image server as its clients see it: its requests, and what became of the last ones. Needs httpx."""

import asyncio
import json
import secrets
import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import httpx
import numpy as np
from numpy.typing import NDArray

from ipo.decoders.remote import array_npz, images_zip
from ipo.decoders.remote.breaker import CircuitBreaker
from ipo.decoders.remote.description import Identity, ModelDescription, parse_models
from ipo.decoders.remote.errors import ServerRefused, ServerTooSlow, ServerUnavailable, ServerUnusable
from ipo.decoders.remote.progress import DecodeProgress
from ipo.decoders.remote.progress_watch import watch_progress
from ipo.decoders.remote.status import ServerState, ServerStatus
from ipo.decoders.settings import Value
from ipo.visible import visible

CONNECT_SECONDS = 3.0
DESCRIBE_SECONDS = 5.0  # for a server that works, a few milliseconds

_MOST_DESCRIPTION = 1_000_000  # bytes
_REMEMBERED = 32  # images whose time is known
_SHORT = 400  # characters of a server's sentence
_BUSY_SECONDS = 1.0  # where a server does not say how long
_LONGEST_BUSY = 30.0
_QUICK_NETWORK = 50e6  # bytes a second from which on encoding PNGs takes longer than what they save
_MEASURED = 50_000  # bytes of an answer that says how quick the network is
_TRY_LATER = (502, 503, 504)  # of the server, or of a proxy before it
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class DecodeRequest:
    """Latents that become images together."""

    latents: NDArray[np.float32]  # (B, …)
    prompt: str
    size: int
    settings: Mapping[str, Value]
    expected: Identity


class ImageServer:
    """Used on the network thread; `status` may be read anywhere."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.breaker = CircuitBreaker()
        self.in_flight = 0  # images
        self.images = 0
        self.description: ModelDescription | None = None
        self._trouble = ""  # why the last request failed; empty if it did not
        self._busy_until = -float("inf")
        self._seconds: deque[float] = deque(maxlen=_REMEMBERED)
        self._bytes_per_second: deque[float] = deque(maxlen=_REMEMBERED)
        self._token = token
        self._http: httpx.AsyncClient | None = None

    @property
    def retry_in(self) -> float:
        """Seconds until it may be asked; 0 if it may be."""
        return max(self.breaker.retry_in, self._busy_until - time.monotonic(), 0.0)

    @property
    def trouble(self) -> str:
        """Why the last request failed; empty if it did not."""
        return self._trouble

    @property
    def seconds_per_image(self) -> float | None:
        seconds = list(self._seconds)
        return statistics.median(seconds) if seconds else None

    def status(self, refused: str = "") -> ServerStatus:
        """`refused`: why it gets no work, if somebody found a reason."""
        busy, trouble, known = self._busy_until > time.monotonic(), self._trouble, self.description
        state, says = ServerState.READY, f"{self.url} answers."
        if refused:
            state, says = ServerState.REFUSED, refused
        elif trouble:
            state, says = (ServerState.BUSY if busy else ServerState.FAILING), trouble
        return ServerStatus(
            self.url,
            state,
            says,
            self.seconds_per_image,
            self.images,
            self.retry_in or None,
            f"{known.identity.name} {known.identity.version}" if known else "",
            known.identity.weights_hash if known else "",
            known.device if known else "",
        )

    async def describe(self, sizes: Sequence[int]) -> ModelDescription:
        """Ask what the server draws with, and the latent shapes for some sizes.

        Raises `ServerUnavailable` and `ServerUnusable`.
        """
        request = self._client().build_request("GET", "models", params={"size": list(sizes)})
        status, content, headers = await self._send(request, _MOST_DESCRIPTION, DESCRIBE_SECONDS)
        if status != httpx.codes.OK:
            self._raise_refusal(status, content, headers)
        try:
            self.description = parse_models(content)
        except ValueError as error:
            raise ServerUnusable(
                f"{self.url} does not answer as an image server of ipo does: {error}."
            ) from error
        self._answered()
        return self.description

    async def decode(
        self, request: DecodeRequest, timeout: float, on_progress: Callable[[DecodeProgress], None]
    ) -> NDArray[np.uint8]:
        """The images `(B, size, size, 3)`. Raises `ServerUnavailable`, `ServerUnusable`, `ServerRefused`."""
        began, count, request_id = time.monotonic(), len(request.latents), secrets.token_hex(16)
        quick = statistics.median(self._bytes_per_second or [0]) > _QUICK_NETWORK
        accept = array_npz.MEDIA_TYPE if quick else images_zip.MEDIA_TYPE
        http_request = self._client().build_request(
            "POST",
            "decode",
            files={
                "latents": (
                    "latents.npz",
                    array_npz.write("latents", request.latents),
                    "application/octet-stream",
                )
            },
            data={
                "prompt": request.prompt,
                "settings": json.dumps({"size": request.size, **request.settings}),
                "expected": request.expected.to_json(),
                "id": request_id,
            },
            headers={"Accept": accept},
        )
        http_request.read()  # the form in one piece: sent in its eight, it wakes the server eight times
        self.in_flight += count
        watch = asyncio.create_task(watch_progress(self._client(), request_id, on_progress))
        try:
            most = images_zip.most_bytes(count, request.size)
            status, content, headers = await self._send(http_request, most, timeout)
        finally:
            self.in_flight -= count
            watch.cancel()
        if status != httpx.codes.OK:
            self._raise_refusal(status, content, headers)
        try:
            kind = headers.get("content-type", "")
            images = await asyncio.to_thread(_read_images, content, kind, count, request.size)
        except ValueError as error:
            raise ServerUnusable(
                f"{self.url} answered with something else than the images asked for: {error}."
            ) from error
        self._answered()
        self.images += count
        self._seconds.append((time.monotonic() - began) / count)
        return images

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
            self._http = httpx.AsyncClient(
                base_url=f"{self.url}/",
                headers=headers,
                timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),  # the rest is timed as a whole
                # A proxy of the environment is for other machines than this one.
                mounts={f"all://{host}": None for host in _LOOPBACK},
            )
        return self._http

    async def _send(
        self, request: httpx.Request, most_bytes: int, timeout: float
    ) -> tuple[int, bytes, httpx.Headers]:
        """Status, body and headers of the answer. Raises `ServerUnavailable` where none comes."""
        content = bytearray()
        try:
            async with asyncio.timeout(timeout):
                response = await self._client().send(request, stream=True)
                began = time.monotonic()
                try:
                    async for part in response.aiter_bytes():
                        content += part
                        if len(content) > most_bytes:
                            raise ServerUnusable(f"{self.url} answered with more than {most_bytes:,} bytes.")
                finally:
                    await response.aclose()
        except TimeoutError as error:
            self._fail(f"{self.url} gave no answer within {timeout:g} s.")
            raise ServerTooSlow(self._trouble) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._fail(f"{self.url} cannot be reached: {_reason(error)}.")
            raise ServerUnavailable(self._trouble) from error
        if len(content) > _MEASURED:
            self._bytes_per_second.append(len(content) / max(time.monotonic() - began, 1e-6))
        return response.status_code, bytes(content), response.headers

    def _raise_refusal(self, status: int, content: bytes, headers: httpx.Headers) -> NoReturn:
        said = _error_in(content)
        if status in _TRY_LATER:
            wait = _retry_after(headers)
            self._busy_until = time.monotonic() + wait
            self._trouble = f"{self.url} is busy: {said}" if said else f"{self.url} answers {status}."
            raise ServerUnavailable(self._trouble, busy_for=wait)
        if status in (401, 403):
            raise ServerUnusable(f"{self.url} refuses the token: {said or status}")
        if status == 409:
            raise ServerUnusable(f"{self.url}: {said}")
        if not said:
            raise ServerUnusable(
                f"{self.url} answers {status}, which no image server of ipo does. Is that its address?"
            )
        self._answered()
        raise ServerRefused(f"{self.url}: {said}")

    def _fail(self, says: str) -> None:
        self._trouble = says
        self.breaker.fail()

    def _answered(self) -> None:
        self._trouble = ""
        self._busy_until = -float("inf")
        self.breaker.succeed()


def _read_images(content: bytes, kind: str, count: int, size: int) -> NDArray[np.uint8]:
    """The images of an answer. Raises `ValueError` for anything else."""
    if kind != array_npz.MEDIA_TYPE:
        return images_zip.read(content, count, size)[0]
    images = array_npz.read(content, "images", np.uint8, count * size * size * 3)
    if images.shape != (count, size, size, 3):
        raise ValueError(f"images of shape {images.shape}")
    return images


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:g} s"
    return str(error).rstrip(".") or type(error).__name__


def _error_in(content: bytes) -> str:
    """The sentence in an answer; empty where it has none."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    said = answer.get("error") if isinstance(answer, dict) else None
    return visible(said[:_SHORT]) if isinstance(said, str) else ""


def _retry_after(headers: httpx.Headers) -> float:
    given = headers.get("retry-after", "")
    return min(float(given), _LONGEST_BUSY) if given.isdecimal() else _BUSY_SECONDS
