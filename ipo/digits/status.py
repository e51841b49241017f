"""What the digits of a process do at a moment, and how many labels they have."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class State(StrEnum):
    CLOSED = "closed"  # `open` has not run
    IDLE = "idle"
    STARTING = "starting"
    TRAINING = "training"
    STOPPING = "stopping"


@dataclass(frozen=True)
class Status:
    """What the training does, at one moment."""

    state: State = State.CLOSED
    fraction: float = 0.0  # of the training under way
    text: str = ""
    error: str = ""  # why the last work came to nothing; empty if it did not
    eta: float | None = None  # seconds left, by the epochs measured so far; None while nothing is known

    @property
    def busy(self) -> bool:
        return self.state in (State.STARTING, State.TRAINING, State.STOPPING)


@dataclass(frozen=True, eq=False)
class LabelCounts:
    """How many labels there are."""

    per_class: NDArray[np.int64]  # (classes,)
    teaching: int
    measuring: int  # of held-out images

    @property
    def all(self) -> int:
        return self.teaching + self.measuring


class NotOpen(RuntimeError):
    """The images were not read yet. Run `open` first."""


class TrainingFailed(RuntimeError):
    """The training ended with an error; the message is its own."""
