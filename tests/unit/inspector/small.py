"""A training that is over in milliseconds."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ipo.inspector.recipes.autoencoder import RECIPE
from ipo.inspector.session import InspectSession
from ipo.jobs import Cancelled

ROWS, SIDE = 300, 8
SMALL: Mapping[str, Any] = {"features": 12, "batch_size": 32, "k": 3, "recompute_every": 4}
BATCHES = 7  # of an epoch: 85 % of the images, full batches only


def _images() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Bright bars of four kinds on noise."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 60, (ROWS, SIDE, SIDE))
    for at in range(ROWS):
        images[at, 2 * (at % 4)] += 190
    return images.astype(np.uint8)


IMAGES = _images()
LABELS = (np.arange(ROWS) % 4).astype(np.uint8)


def session(
    condition: str = "slow", seed: int = 0, *, check: bool = True, budget: int = 2**28, **more: Any
) -> InspectSession:
    """A session on small images that asserts the identities of every step."""
    overrides = {**SMALL, "data": (IMAGES, LABELS), **more}
    return InspectSession(RECIPE, condition, seed, overrides, budget_bytes=budget, check=check)


def everything(made: InspectSession, n: int) -> dict[str, np.ndarray[Any, Any]]:
    return {key: array.copy() for key, array in made.get_step(n).items()}


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


class Stopping:
    """A `Progress` that is cancelled after so many checks."""

    def __init__(self, after: int) -> None:
        self.left = after
        self.said: list[str] = []

    def report(self, fraction: float, message: str = "") -> None:
        self.said.append(message)

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled("test")
