"""Taking steps again, which must give the same numbers again."""

import threading
from collections.abc import Mapping

from torch import Tensor

from ipo.inspector.capture.snapshots import SnapshotRing
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.training.engine import Engine
from ipo.jobs import Cancelled, Progress


class Diverged(RuntimeError):
    """A replay gave other numbers: the recipe draws from something that its seed does not determine."""


class UntilClosed:
    """A `Progress` that is also cancelled when the session is torn down."""

    def __init__(self, progress: Progress, closing: threading.Event) -> None:
        self._progress = progress
        self._closing = closing

    def report(self, fraction: float, message: str = "") -> None:
        self._progress.report(fraction, message)

    def check(self) -> None:
        self._progress.check()
        if self._closing.is_set():
            raise Cancelled("The session is torn down.")


def replay(
    engine: Engine, inspector: StepInspector, through: int, progress: Progress
) -> Mapping[int, Mapping[str, Tensor]]:
    """Take the steps from where the engine is up to and including `through`, which history has already.

    Returns the tensors of the steps that had left memory. Raises `Cancelled` and `Diverged`.
    """
    first, retained, again = engine.trainer.index, set(inspector.retained), SnapshotRing(inspector.budget)
    for index in range(first, through + 1):
        progress.check()
        progress.report((index - first) / (through + 1 - first), f"Replaying step {index}")
        step_again(engine, inspector, index)
        if index in retained:
            inspector.discard()
        else:
            again.put(index, inspector.take_for_replay())
    return {step: again[step] for step in again.retained}


def step_again(engine: Engine, inspector: StepInspector, index: int) -> None:
    """Take step `index`, which history has already. Raises `Diverged` where its loss is another one."""
    loss = float(engine.step().loss.float())  # history is float32
    before = inspector.value(StepTensorKey.LOSS, index)
    if loss != before and not (loss != loss and before != before):
        engine.inspector.discard()
        raise Diverged(
            f"Step {index} gave loss {before:.9g}, now {loss:.9g}. The recipe draws from something that "
            "its seed does not determine, or the session was saved on a machine that rounds otherwise."
        )
