"""What a session knows about its value models: how each fit went, and the last cross-validation."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ipo.value.scores import Score


class FitState(StrEnum):
    UNTRAINED = "untrained"
    QUEUED = "queued"
    RUNNING = "running"
    OK = "ok"
    ERROR = "error"


@dataclass(frozen=True)
class FitStatus:
    """One model's state, and the last fit that was adopted."""

    state: FitState = FitState.UNTRAINED
    generation: int | None = None  # of the adopted fit
    rows: int = 0  # that the adopted fit has seen
    ended_at: float | None = None  # seconds since the epoch
    seconds: float | None = None
    error: str = ""
    score: Score | None = None  # held out, where the fit gives it for free

    @property
    def in_flight(self) -> bool:
        return self.state in (FitState.QUEUED, FitState.RUNNING)

    @property
    def informed(self) -> bool:
        """Whether the adopted fit predicts held-out rows well enough to contradict a label."""
        return self.score is not None and self.score.beats_majority


@dataclass(frozen=True)
class FitRecord:
    """One adopted fit, for the history."""

    model: str
    generation: int
    rows: int
    seconds: float
    ended_at: float  # seconds since the epoch
    score: Score | None
    relative_lambda: float | None  # of Ridge


class ValueModel(Protocol):
    """A fitted value model of either kind."""

    def predict(self, X: NDArray[np.float32], /) -> NDArray[np.float32]:
        """Values of `(m, d)` features as `(m,)`: above 0 means Good."""


@dataclass(frozen=True)
class CrossValidation:
    """Held-out scores of all models, and what they were computed for."""

    scores: Mapping[str, Score]
    fingerprints: Mapping[str, str]
    ended_at: float  # seconds since the epoch
    seconds: float
    k: int
