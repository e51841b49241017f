"""What a session says of itself: its state, the table of features, and when to stop."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import Phase, StepTensorKey, TensorSpec


@dataclass(frozen=True)
class Stop:
    """Why stepping ended early: `nan`, `inf`, `until` or `cancelled`."""

    kind: str
    message: str
    step: int | None = None
    key: str | None = None
    phase: Phase | None = None


@dataclass(frozen=True)
class InspectState:
    steps: int  # done so far
    latest: int | None
    retained: tuple[int, ...]
    pinned: tuple[int, ...]
    nbytes: int
    budget: int
    stop: Stop | None
    loss: float | None  # of the latest step
    alive: int | None  # features that win at least 1 % of the images
    features: int | None
    running: bool
    notes: Mapping[str, str]  # of the latest step: which tensors could not be had, or are infinite, and why


_COLUMNS = {
    "cosine": StepTensorKey.WEIGHT_COSINE,
    "loss": StepTensorKey.LOSS,
    "dead": StepTensorKey.DEAD_COUNT,
}


def kinds_of(specs: Mapping[str, TensorSpec]) -> list[str]:
    """What a session with these tensors can be stepped until."""
    return [*(kind for kind, column in _COLUMNS.items() if column in specs), "nan"]


@dataclass(frozen=True)
class Until:
    """Step until the mean cosine of weights is above `threshold` or the loss below it; until so many features
    are dead (1 without a threshold); or until anything is NaN or Inf, also where it would not end a run."""

    kind: str
    threshold: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in (*_COLUMNS, "nan"):
            raise ValueError(f"Until {self.kind!r} is unknown; cosine, loss, nan and dead are known.")
        if self.kind in ("cosine", "loss") and self.threshold is None:
            raise ValueError(f"Until {self.kind} needs a threshold.")

    @property
    def column(self) -> str | None:
        """The history that decides."""
        return _COLUMNS.get(self.kind)

    def reached(self, value: float) -> str | None:
        """Says so when the value of its column is where it was to go."""
        if self.kind == "cosine" and self.threshold is not None and value > self.threshold:
            return f"Mean cosine of weights {value:.3f} is above {self.threshold:g}."
        if self.kind == "loss" and self.threshold is not None and value < self.threshold:
            return f"Loss {value:.4f} is below {self.threshold:g}."
        if self.kind == "dead" and value >= (self.threshold or 1):
            return f"{value:.0f} features are dead."
        return None


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """One row per feature; a column for each `("D",)` tensor and the batch mean of each `("B", "D")` one."""

    columns: tuple[str, ...]
    values: NDArray[np.float32]  # (D, c)
    is_mean: tuple[bool, ...]


def feature_table(snapshot: Snapshot, specs: Mapping[str, TensorSpec]) -> FeatureTable:
    """The table of one step, its columns found by the named axes."""
    found: dict[str, NDArray[Any]] = {}
    for key in snapshot:
        dims = specs[key].dims if key in specs else ()
        if dims == ("D",):
            found[key] = snapshot[key]
        elif dims == ("B", "D"):
            found[key] = snapshot[key].mean(0)
    values = np.stack(list(found.values()), axis=1) if found else np.empty((0, 0))
    means = tuple(specs[key].dims == ("B", "D") for key in found)
    return FeatureTable(tuple(found), values.astype(np.float32), means)
