"""What was seen of a training, to be given to somebody else: numbers of all steps, tensors of some."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ipo.inspector.capture.history import History
from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import TensorSpec
from ipo.inspector.findings.log import Held
from ipo.inspector.inspected import Inspected


@dataclass(frozen=True, eq=False)
class Inspection:
    """A training as it was seen. Nothing in it changes, and no code of the training is needed to read it."""

    recipe: str
    condition: str
    seed: int | None  # none where whoever trains has not said any
    specs: Mapping[str, TensorSpec]
    history: History  # of all steps
    snapshots: Mapping[int, Snapshot]  # of some, ascending
    sizes: Mapping[str, int] = field(default_factory=dict)  # of the named axes that are always the same
    overrides: Mapping[str, Any] = field(default_factory=dict)
    image_shape: tuple[int, int] | None = None
    class_names: tuple[str, ...] = ()
    pinned: tuple[int, ...] = ()
    findings: tuple[Held, ...] = ()
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def steps(self) -> int:
        """How many were taken."""
        return len(self.history.steps)

    @property
    def title(self) -> str:
        condition = f", condition {self.condition}" if self.condition else ""
        return f"{self.recipe}{condition}" + ("" if self.seed is None else f", seed {self.seed}")


def inspection_of(session: Inspected, steps: Iterable[int]) -> Inspection:
    """What was seen of a session, with the tensors of `steps`. Raises as `Inspected.get_step`."""
    snapshots = {step: session.get_step(step) for step in sorted(steps)}
    return Inspection(
        session.recipe,
        session.condition,
        session.seed,
        session.specs,
        session.history(),
        snapshots,
        session.sizes,
        {name: value for name, value in session.overrides.items() if name != "data"},
        session.image_shape,
        session.class_names,
        tuple(step for step in session.state().pinned if step in snapshots),
        () if session.findings is None else session.findings.held,
    )
