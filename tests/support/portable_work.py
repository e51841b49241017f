"""Portable functions that tests send to workers."""

import os
import signal
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo.jobs import Progress, Publisher, portable


@portable
def add(a: int, b: int) -> int:
    return a + b


@portable
def total(values: NDArray[np.float32]) -> float:
    return float(values.sum(dtype=np.float64))


@portable
def process(seconds: float = 0.0) -> int:
    """The process that does it."""
    time.sleep(seconds)
    return os.getpid()


@portable
def fail(word: str) -> None:
    raise ValueError(word)


@portable
def show(progress: Publisher) -> str:
    """Report and publish, until it is seen."""
    for number in range(20):
        progress.report(number / 20, f"step {number}")
        time.sleep(0.06)
        progress.publish(("seen", number))
        time.sleep(0.06)
    return "shown"


@portable
def turn(began: Path, ended: Path, progress: Progress) -> None:
    """Go on until it is cancelled, and leave word in files."""
    began.write_text(str(os.getpid()))
    try:
        while True:
            progress.check()
            time.sleep(0.02)
    finally:
        ended.touch()


@portable
def die_once(marker: Path) -> int:
    """Kill the process at the first call; who does it at the second."""
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()
