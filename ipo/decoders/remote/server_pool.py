"""Several image servers as one: requests go to those that answer and draw with the same weights."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.remote.description import Identity, ModelDescription
from ipo.decoders.remote.errors import ServerTooSlow, ServerUnavailable, ServerUnusable
from ipo.decoders.remote.image_server import DecodeRequest, ImageServer
from ipo.decoders.remote.progress import DecodeProgress
from ipo.decoders.remote.status import ServerStatus

ATTEMPTS = 5  # of one request, where servers do not answer
FIRST_BACK_OFF = 0.4  # seconds before the second attempt; twice as long before each further one

_IN_FLIGHT = 2  # requests that one server gets at a time: it draws one while the other travels
_RECONSIDERED = 10.0  # seconds after which a server that could not be used is looked at again
_START = "Start one there with `ipo serve-decoder`, or correct the address."


class Listener(Protocol):
    """Hears on the network thread how far the parts of a request are, each named by its first image."""

    def hear(self, first: int, images: int, progress: DecodeProgress, url: str) -> None:
        """A part of so many images is so far, at some server."""

    def finish(self, first: int, images: int, url: str) -> None:
        """A part is here."""


class ServerPool:
    """Used on the network thread; `statuses` may be read anywhere. `timeout`: seconds for one answer."""

    def __init__(self, servers: Sequence[ImageServer], timeout: float) -> None:
        self._servers = tuple(servers)
        self._timeout = timeout
        self._refused: dict[ImageServer, tuple[str, float]] = {}  # why, and when that was found
        self._expected: Identity | None = None

    @property
    def usable(self) -> list[ImageServer]:
        """Servers that may get work, now or later."""
        return [server for server in self._servers if server not in self._refused]

    def statuses(self) -> tuple[ServerStatus, ...]:
        refused = dict(self._refused)
        return tuple(server.status(refused.get(server, ("", 0.0))[0]) for server in self._servers)

    async def connect(self, sizes: Sequence[int]) -> ModelDescription:
        """Ask all servers at once what they draw with; the first that answers says what is right.

        Raises `ServerUnusable` for a server that cannot be used or draws otherwise, and `ServerUnavailable`
        where none answers.
        """
        asked = [server for server in self._servers if not server.retry_in]
        results = await asyncio.gather(*(server.describe(sizes) for server in asked), return_exceptions=True)
        for server, result in zip(asked, results, strict=True):
            if isinstance(result, ServerUnavailable):
                server.breaker.fail(pause_now=True)
            elif isinstance(result, BaseException):
                raise result
        found = [
            (server, result)
            for server, result in zip(asked, results, strict=True)
            if isinstance(result, ModelDescription)
        ]
        if not found:
            raise ServerUnavailable(self._nobody_answers())
        first = found[0][1]
        for server, description in found[1:]:
            if description.identity != first.identity:
                raise ServerUnusable(_other_weights(server.url, description.identity, first.identity))
        self._expected = first.identity
        return first

    async def describe(self, sizes: Sequence[int]) -> ModelDescription:
        """What one of the servers says of some sizes. Raises as `connect`."""
        problem: ServerUnavailable | None = None
        for server in self.usable:
            try:
                return await server.describe(sizes)
            except ServerUnavailable as error:
                problem = error
        raise problem or ServerUnusable(self._none_usable())

    async def decode(self, request: DecodeRequest, batch: int, listener: "Listener") -> NDArray[np.uint8]:
        """The images of a request, `batch` at most on a server at a time.

        Raises `ServerUnavailable`, `ServerUnusable` and `ServerRefused`.
        """
        look_again = asyncio.create_task(self._look_again())
        if not self.usable:
            await look_again
        try:
            return await self._spread(request, batch, listener)
        finally:
            look_again.cancel()

    async def _spread(self, request: DecodeRequest, batch: int, listener: "Listener") -> NDArray[np.uint8]:
        """Draw a request in parts, at once on all servers that work."""
        count = len(request.latents)
        healthy = max(1, sum(not server.retry_in for server in self.usable))
        step = max(1, min(batch, -(-count // healthy)))
        room = asyncio.Semaphore(_IN_FLIGHT * healthy)

        async def decode_part(start: int) -> NDArray[np.uint8]:
            part = replace(request, latents=request.latents[start : start + step])
            async with room:
                images, url = await self._decode_part(part, partial(listener.hear, start, len(part.latents)))
            listener.finish(start, len(images), url)
            return images

        tasks = [asyncio.create_task(decode_part(start)) for start in range(0, count, step)]
        try:
            parts = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()  # the others, where one failed or the work was cancelled
        return np.concatenate(parts)

    async def _decode_part(
        self, request: DecodeRequest, hear: Callable[[DecodeProgress, str], None]
    ) -> tuple[NDArray[np.uint8], str]:
        """Images, and the server that made them. `hear` is told how far which server is."""
        slow: set[ImageServer] = set()
        failures: Counter[ImageServer] = Counter()
        wait_until = time.monotonic() + self._timeout
        while True:
            server = await self._free_server(slow, failures, wait_until)
            try:
                said = partial(_said_by, server.url, hear)
                return await server.decode(request, self._timeout, said), server.url
            except ServerTooSlow:
                slow.add(server)
                if slow.issuperset(self.usable):
                    raise
            except ServerUnavailable as error:
                if error.busy_for is None:
                    failures[server] += 1
                    if failures[server] >= ATTEMPTS:
                        raise ServerUnavailable(self._nobody_answers()) from error
                    await asyncio.sleep(self._back_off(server, slow, failures))
            except ServerUnusable as error:
                self._refused[server] = str(error), time.monotonic()

    async def _free_server(
        self, slow: set[ImageServer], failures: Counter[ImageServer], wait_until: float
    ) -> ImageServer:
        """The server that will be done first, of those that failed least.

        Waits for one that is busy, but for none that fails. Raises `ServerUnavailable` and `ServerUnusable`.
        """
        while True:
            usable = [server for server in self.usable if server not in slow]
            if not usable:
                raise ServerUnusable(self._none_usable())
            free = [server for server in usable if not server.retry_in]
            if free:
                return min(free, key=lambda one: (failures[one], bool(one.trouble), _work_ahead(one)))
            busy = [server.retry_in for server in usable if not server.breaker.retry_in]
            if not busy or time.monotonic() + min(busy) > wait_until:
                raise ServerUnavailable(self._nobody_answers())
            await asyncio.sleep(min(busy) * random.uniform(1.0, 1.2))

    def _back_off(self, failed: ImageServer, slow: set[ImageServer], failures: Counter[ImageServer]) -> float:
        """Seconds before another attempt, spread so that clients do not come back all at once."""
        others = [one for one in self.usable if one is not failed and one not in slow and not one.retry_in]
        if any(failures[one] < failures[failed] for one in others):
            return 0.0
        return float(FIRST_BACK_OFF * 2 ** (failures[failed] - 1) * random.uniform(0.75, 1.25))

    async def _look_again(self) -> None:
        """See whether servers that could not be used, or did not answer, were started anew meanwhile."""
        urgent = not self.usable
        for server in self._servers:
            _, at = self._refused.get(server, ("", -float("inf")))
            due = urgent or time.monotonic() - at > _RECONSIDERED
            if not server.retry_in and due and (server in self._refused or server.trouble):
                await self._look_at(server)

    async def _look_at(self, server: ImageServer) -> None:
        try:
            identity = (await server.describe([])).identity
        except ServerUnavailable:
            server.breaker.fail(pause_now=True)
        except ServerUnusable as error:
            self._refused[server] = str(error), time.monotonic()
        else:
            self._refused.pop(server, None)
            if self._expected is not None and identity != self._expected:
                says = _other_weights(server.url, identity, self._expected)
                self._refused[server] = says, time.monotonic()

    def _nobody_answers(self) -> str:
        refused = [says for says, _ in self._refused.values()]
        troubles = [server.trouble for server in self.usable if server.trouble]
        wait = min((server.retry_in for server in self.usable), default=0.0)
        again = [f"It is tried again in {max(1, round(wait))} s at the earliest."] if wait else []
        return " ".join(["No image server answers.", *troubles, *refused, *again, _START])

    def _none_usable(self) -> str:
        return " ".join(says for says, _ in self._refused.values()) or self._nobody_answers()


def _said_by(url: str, hear: Callable[[DecodeProgress, str], None], progress: DecodeProgress) -> None:
    hear(progress, url)


def _work_ahead(server: ImageServer) -> tuple[float, int, int]:
    """Seconds until it would be done with one image more; one that was never timed comes first."""
    return (server.in_flight + 1) * (server.seconds_per_image or 0.0), server.in_flight, server.images


def _other_weights(url: str, found: Identity, expected: Identity) -> str:
    return (
        f"{url} draws with {found}; {expected} would be right. Start it with the same decoder and weights, "
        "or leave it out."
    )
