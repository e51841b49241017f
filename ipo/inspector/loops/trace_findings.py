"""What is wrong with a loop that was traced: looked for when somebody asks, so that the loop pays nothing."""

from collections.abc import Iterable

from torch import nn
from torch.optim import Optimizer

from ipo.inspector.capture.finiteness import NotFinite
from ipo.inspector.capture.snapshots import runs_of
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.findings.log import Held
from ipo.inspector.findings.monitor import FindingsMonitor
from ipo.inspector.findings.observed import ObservedStep, ObservedTraining


class TraceFindings:
    """Looks at each step once, as long as it is in memory when it is its turn.

    Rules compare steps that follow each other: what is before a gap is not looked at.
    """

    def __init__(self, model: nn.Module, optimizers: Iterable[Optimizer]) -> None:
        self._training = ObservedTraining.of(model, optimizers)
        self._monitor = FindingsMonitor(self._training)
        self._next = 0  # the first step that was not looked at

    def look(self, inspector: StepInspector, broken: NotFinite | None) -> tuple[Held, ...]:
        """Findings up to the last step, worst first. `broken`: the first tensor that was not finite."""
        spans = runs_of(inspector.retained)
        if not spans:
            return self._monitor.held
        first, last = spans[-1]
        if first > self._next:
            self._monitor, self._next = FindingsMonitor(self._training), first
        for step in range(self._next, last + 1):
            self._monitor.look(_observed(inspector, step, broken))
        self._next = max(self._next, last + 1)
        return self._monitor.held


def _observed(inspector: StepInspector, step: int, broken: NotFinite | None) -> ObservedStep:
    """Batch and output are the loop's own and were not kept: rules about rows find nothing."""
    snapshot = inspector.get_step(step)
    ends = broken is not None and broken.step == step and broken.ends
    return ObservedStep(
        step,
        inspector.value(StepTensorKey.LOSS, step),
        snapshot,
        snapshot.notes,
        broken=str(broken) if ends else "",
        broken_tensor=str(broken.key) if ends and broken is not None else "",
        summaries=snapshot.summaries,
        order=snapshot.captured,
    )
