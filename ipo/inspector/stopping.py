"""When stepping ends: what it is to be stepped until, and what it stopped at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ipo.inspector.capture.finiteness import NotFinite
from ipo.inspector.capture.tensors import Phase, StepTensorKey, TensorSpec

_INFINITE = "No NaN: if the infinity is meant, step again to go on; otherwise rewind."
_COLUMNS = {
    "cosine": StepTensorKey.WEIGHT_COSINE,
    "loss": StepTensorKey.LOSS,
    "dead": StepTensorKey.DEAD_COUNT,
}


@dataclass(frozen=True)
class Stop:
    """Why stepping ended early: `nan`, `inf`, `until`, `cancelled` or `ended`."""

    kind: str
    message: str
    step: int | None = None
    key: str | None = None
    phase: Phase | None = None


def stop_at(broken: NotFinite) -> Stop:
    """Where something is NaN or infinite, with what to do about it."""
    kind, remedy = ("nan", "Rewind to go on.") if broken.has_nan else ("inf", _INFINITE)
    return Stop(kind, f"{broken} {remedy}", broken.step, broken.key, broken.phase)


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

    def stop(self, step: int, value: Callable[[str, int], float]) -> Stop | None:
        """Where that is reached at a step; `value` gives a number of history."""
        reason = None if self.column is None else self.reached(value(self.column, step))
        return None if reason is None else Stop("until", reason, step)

    def reached(self, value: float) -> str | None:
        """Says so when the value of its column is where it was to go."""
        if self.kind == "cosine" and self.threshold is not None and value > self.threshold:
            return f"Mean cosine of weights {value:.3f} is above {self.threshold:g}."
        if self.kind == "loss" and self.threshold is not None and value < self.threshold:
            return f"Loss {value:.4f} is below {self.threshold:g}."
        if self.kind == "dead" and value >= (self.threshold or 1):
            return f"{value:.0f} features are dead."
        return None
