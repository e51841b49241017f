"""Circuit breaking: after failures in a row a server is left alone for a while, longer each time."""

import time
from collections.abc import Callable

FAILURES = 5  # in a row, after which nothing is sent
FIRST_PAUSE = 5.0  # seconds
LONGEST_PAUSE = 60.0


class CircuitBreaker:
    """Whether a server may be asked. When a pause is over, one failure begins the next, twice as long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._pause = FIRST_PAUSE
        self._until = -float("inf")

    @property
    def retry_in(self) -> float:
        """Seconds until the server may be asked again; 0 if it may be."""
        return max(0.0, self._until - self._clock())

    def succeed(self) -> None:
        """The server answered."""
        self._failures, self._pause = 0, FIRST_PAUSE

    def fail(self, *, pause_now: bool = False) -> None:
        """The server did not answer; `pause_now` does not wait for more such failures."""
        if self.retry_in:
            return  # a request that was under way when another one began the pause
        self._failures += 1
        if self._failures >= FAILURES or pause_now:
            self._failures = FAILURES - 1
            self._until = self._clock() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
