"""Checkpoints to rewind to, within a bound of bytes: the longer the run, the further apart they are."""

from collections.abc import Iterable
from typing import Any

from torch import Tensor

from ipo.inspector.training.engine import Checkpoint

EVERY = 50  # steps
BUDGET = 64 * 2**20  # bytes


class Checkpoints:
    """Checkpoints by the number of steps that were done; the one before the first step stays."""

    def __init__(self, every: int = EVERY, budget: int = BUDGET) -> None:
        self.every = every
        self.budget = budget
        self._checkpoints: dict[int, Checkpoint] = {}

    def due(self, steps: int) -> bool:
        return steps % self.every == 0 and steps not in self._checkpoints

    def add(self, checkpoint: Checkpoint) -> None:
        """Keep one more; when they no longer fit, every second one goes."""
        self._checkpoints[checkpoint.steps] = checkpoint
        while self.nbytes > self.budget and len(self._checkpoints) > 1:
            self.every *= 2
            spaced = {steps: one for steps, one in self._checkpoints.items() if steps % self.every == 0}
            self._checkpoints = spaced if len(spaced) < len(self._checkpoints) else {0: self._checkpoints[0]}

    def before(self, steps: int) -> Checkpoint | None:
        """The last one with at most so many steps done."""
        known = [at for at in self._checkpoints if at <= steps]
        return self._checkpoints[max(known)] if known else None

    def forget_after(self, steps: int) -> None:
        self._checkpoints = {at: one for at, one in self._checkpoints.items() if at <= steps}

    def copy(self) -> "Checkpoints":
        """The same checkpoints, which nobody changes, in a list of its own."""
        copy = Checkpoints(self.every, self.budget)
        copy._checkpoints = dict(self._checkpoints)
        return copy

    def clear(self) -> None:
        self._checkpoints = {}

    @property
    def nbytes(self) -> int:
        return sum(nbytes(one.state) for one in self._checkpoints.values())


def nbytes(state: Any) -> int:
    """Bytes of the tensors in a nested state."""
    if isinstance(state, Tensor):
        return state.nbytes
    parts: Iterable[Any] = ()
    if isinstance(state, dict):
        parts = state.values()
    elif isinstance(state, list | tuple):
        parts = state
    return sum(nbytes(part) for part in parts)
