"""What a session says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.stopping import Stop


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


def read_state(inspector: StepInspector, stop: Stop | None, running: bool) -> InspectState:
    """What an inspector has now; never waits for a step."""
    steps, features = inspector.step, inspector.sizes.get("D")
    latest = steps - 1 if steps else None
    loss = dead = None
    if latest is not None:
        loss = inspector.value(StepTensorKey.LOSS, latest)
        dead = inspector.value(StepTensorKey.DEAD_COUNT, latest)
    alive = None if features is None or dead is None or dead != dead else features - int(dead)
    return InspectState(
        steps,
        latest,
        inspector.retained,
        inspector.pinned,
        inspector.nbytes,
        inspector.budget,
        stop,
        loss,
        alive,
        features,
        running,
        inspector.notes,
    )
