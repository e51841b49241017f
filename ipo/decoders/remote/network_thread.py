"""A thread with an event loop, on which requests run, whichever thread waits for them."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_LOOK_SECONDS = 0.05  # between two looks whether the work was asked to stop


class NetworkThread:
    """Begins with the first request. Connections stay open between requests, as they belong to its loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def wait_for(self, work: Coroutine[Any, Any, T], look: Callable[[], None] = lambda: None) -> T:
        """What the work returns or raises. `look` is called meanwhile; what it raises cancels the work."""
        future = asyncio.run_coroutine_threadsafe(work, self._running_loop())
        try:
            while not future.done():
                concurrent.futures.wait([future], _LOOK_SECONDS)
                look()
            return future.result()
        finally:
            future.cancel()  # changes nothing where it is done

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="ipo-remote", daemon=True).start()
            return self._loop
