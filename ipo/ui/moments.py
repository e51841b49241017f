"""Moments and durations as the pages say them."""

import time
from datetime import datetime
from typing import Protocol


class Timed(Protocol):
    """Work that knows how long it still takes."""

    @property
    def eta(self) -> float | None: ...


def clock(at: float) -> str:
    """A moment in seconds since the epoch: the time of the day, and the day if it was another."""
    when = datetime.fromtimestamp(at)
    return when.strftime("%H:%M:%S" if time.time() - at < 12 * 3600 else "%d %b %H:%M")


def time_left(work: Timed) -> str:
    """How long it still takes, to be put behind what it does; empty while nothing is known."""
    return "" if work.eta is None else f", {work.eta:.0f} s left"
