"""A trace of any loop, in a notebook or a script:

with ipo.inspect(model, optimizer) as trace:
    for x, y in loader:
        ...                                  # the loop as it is
trace["encoder.0"].output                    # of the last step; trace.step(3)["encoder.0"] of another
trace                                        # as the last line of a cell: a table of all layers
"""

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Any

from torch import nn

import ipo
from ipo.inspector.capture.finiteness import NotFinite
from ipo.inspector.capture.history import History
from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.step_inspector import BUDGET, StepInspector
from ipo.inspector.capture.tensors import SPECS, StepTensorKey, by_key
from ipo.inspector.errors import UnknownName, unknown
from ipo.inspector.findings.log import Held
from ipo.inspector.loops.chosen import choose_layers, choose_optimizers
from ipo.inspector.loops.layer_view import LayerView
from ipo.inspector.loops.loop_watch import LoopWatch
from ipo.inspector.loops.trace_findings import TraceFindings
from ipo.inspector.sharing.choice import HTML_BYTES, Choice, FileSize, choose_steps, html_size
from ipo.inspector.sharing.inspection import Inspection
from ipo.inspector.sharing.npz import save_npz
from ipo.inspector.summaries.plan import STEP_BYTES, CapturePlan


def inspect(
    model: nn.Module,
    optimizer: Any = None,
    *,
    layers: Iterable[str] | None = None,
    budget_bytes: int = BUDGET,
    scaler: Any = None,
    whole: Iterable[str] = (),
    step_bytes: int | None = STEP_BYTES,
) -> "Trace":
    """Watch the steps of a loop within a `with` block. Nothing that the loop computes is changed.

    `optimizer`: one or a list, of which the last one ends a step; without any, the block is one step.
    `layers`: names or patterns such as `encoder.*`; all that have parameters or no parts if left out.
    `budget_bytes`: how much of the last steps is kept; numbers such as the loss are kept of all.
    `scaler`: the `torch.amp.GradScaler` of the loop, so that the loss is said unscaled. A step that it skips
    belongs to the next one.
    `whole`: layers or tensors by name or pattern that are kept whole whatever they weigh. Of the others the
    smallest are, as far as `step_bytes` go; the rest are kept as summaries. `None`: everything is whole.

    Raises `TypeError` for what is no model or optimizer, `UnknownName` for a layer that does not exist.
    """
    plan = CapturePlan(step_bytes, [whole] if isinstance(whole, str) else whole)
    return Trace(model, optimizer, layers, budget_bytes, scaler, plan)


class StepTrace:
    """One step of a trace, by layer."""

    def __init__(self, trace: "Trace", snapshot: Snapshot) -> None:
        self.number = snapshot.step
        self.snapshot = snapshot  # every tensor by its key, as in docs/inspector_from_python.md
        self._trace = trace

    def __getitem__(self, layer: str) -> LayerView:
        """Raises `UnknownName` for a layer that is not watched."""
        layers = self._trace.layers
        if layer not in layers:
            raise UnknownName(unknown("layer", layer, layers))
        return LayerView(layers[layer], self.snapshot)

    @property
    def loss(self) -> float | None:
        """What `backward` was called on; `None` where that was nothing."""
        loss = self.snapshot.get(StepTensorKey.LOSS)
        return None if loss is None else float(loss)

    @property
    def learning_rates(self) -> dict[str, float]:
        """By optimizer and group: `{"(optimizer)/learning_rate": 0.001}`."""
        return {key: float(self.snapshot[key]) for key in self.snapshot if ")/learning_rate" in key}

    def __repr__(self) -> str:
        loss = "" if self.loss is None else f", loss {self.loss:.6g}"
        return f"<step {self.number}{loss}, {len(self.snapshot)} tensors>"

    def _repr_html_(self) -> str:
        from ipo.inspector.loops import trace_html  # only notebooks draw

        layers = {name: self[name] for name in self._trace.layers}
        return trace_html.table(f"{self._trace.summary} · {self.summary}", layers, self._trace.broken)

    @property
    def summary(self) -> str:
        """Its number, loss and learning rates."""
        loss = [] if self.loss is None else [f"loss {self.loss:.6g}"]
        rates = [f"learning rate {rate:.4g}" for rate in self.learning_rates.values()]
        return " · ".join([f"step {self.number}", *loss, *rates])


class Trace:
    """The steps of a loop that were taken while it was open. Read it within the block or afterwards."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: Any,
        layers: Iterable[str] | None,
        budget_bytes: int,
        scaler: Any,
        plan: CapturePlan,
    ) -> None:
        self.model = model
        self.layers = choose_layers(model, layers)
        self.broken: NotFinite | None = None  # the first tensor that was NaN or infinite, and where
        optimizers = choose_optimizers(optimizer)
        self._inspector = StepInspector(by_key([SPECS[StepTensorKey.LOSS]]), budget_bytes, plan=plan)
        self._watch = LoopWatch(model, optimizers, self.layers, self._inspector, self._ended, scaler)
        self._findings = TraceFindings(model, optimizers)
        self._open = False

    def __enter__(self) -> "Trace":
        if self._open:
            raise RuntimeError("The trace is open already; a trace of its own for each block would be right.")
        self._open = True
        self._watch.attach()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watch.begun:  # passes after the last optimizer step
            self._watch.end_step()
        self._watch.detach()
        self._open = False

    def __len__(self) -> int:
        """How many steps were taken."""
        return self._inspector.step

    def __getitem__(self, layer: str) -> LayerView:
        """A layer in the last step. Raises `UnknownName`, and `IndexError` before there is a step."""
        if layer not in self.layers:
            raise UnknownName(unknown("layer", layer, self.layers))
        return self.step(-1)[layer]

    def step(self, n: int = -1) -> StepTrace:
        """Step n from 0 on, or from the end: −1 is the last.

        Raises `IndexError` for a step that was not taken, `Evicted` for one that is no longer in memory.
        """
        number = n + len(self) if n < 0 else n
        return StepTrace(self, self._inspector.get_step(number))

    def history(self) -> History:
        """Loss, learning rates and lengths of all steps: `history().columns["loss"]`."""
        return self._inspector.get_history()

    def set_loss(self, loss: Any) -> None:
        """Say what the loss of the running step is, where `backward` is called on something else."""
        self._watch.take_loss(float(loss))

    def end_step(self) -> None:
        """End a step by hand, for a loop without an optimizer of torch."""
        self._watch.end_step()

    @property
    def findings(self) -> tuple[Held, ...]:
        """What is wrong, worst first, as far as steps in memory show it: see docs/findings.md.

        Looked for now, in the steps that were not looked at before. Nothing is known of single rows.
        """
        return self._findings.look(self._inspector, self.broken)

    def inspection(self, steps: Iterable[int] | None = None) -> Inspection:
        """What was seen, to be given to somebody else, with the tensors of `steps`, or of all in memory.

        Raises as `step`.
        """
        inspector = self._inspector
        chosen = sorted(self.retained if steps is None else steps)
        snapshots = {n: inspector.get_step(n) for n in chosen}
        return Inspection(
            type(self.model).__name__,
            "",
            None,
            inspector.specs,
            self.history(),
            snapshots,
            inspector.sizes,
            findings=self.findings,
        )

    def save_npz(self, path: str | Path, steps: Iterable[int] | None = None) -> None:
        """Write what numpy reads, see docs/inspection_files.md. Raises as `step`, and `OSError`."""
        save_npz(self.inspection(steps), path)

    def save_html(
        self, path: str | Path, steps: Iterable[int] | None = None, budget_bytes: int = HTML_BYTES
    ) -> Choice:
        """Write a page that any browser opens, without a server, and say which steps are in it.

        As many steps as `budget_bytes` hold, the last one among them; or `steps`. Raises `TooLarge` where
        they are more, `ValueError` for a step that is not in memory, and `OSError`.
        """
        choice = self.choose_html(steps, budget_bytes)
        ipo.save_html(self.inspection(choice.steps), path)
        return choice

    def choose_html(self, steps: Iterable[int] | None = None, budget_bytes: int = HTML_BYTES) -> Choice:
        """What `save_html` would write: which steps, and at most how many bytes. Raises as that."""
        wanted = None if steps is None else tuple(steps)
        size = html_size(self._inspector.get_step(self.retained[-1])) if self.retained else FileSize(0)
        return choose_steps(self.retained, (), size, budget_bytes, wanted)

    @property
    def retained(self) -> tuple[int, ...]:
        """Steps that are in memory."""
        return self._inspector.retained

    @property
    def nbytes(self) -> int:
        """Bytes of the steps in memory."""
        return self._inspector.nbytes

    @property
    def notes(self) -> Mapping[str, str]:
        """Of the last step: which tensors could not be had, and why."""
        return self._inspector.notes

    def __repr__(self) -> str:
        return f"<trace of {type(self.model).__name__}: {len(self)} steps, {len(self.layers)} layers>"

    def _repr_html_(self) -> str:
        if self.retained:
            return self.step(-1)._repr_html_()
        nothing = "nothing was seen yet: no forward pass and no optimizer step"
        return f"<div>{escape(self.summary)} · {nothing}</div>"

    @property
    def summary(self) -> str:
        """The model, and how many steps were taken."""
        return f"{type(self.model).__name__} · {len(self)} steps"

    def _ended(self, broken: NotFinite | None) -> None:
        self.broken = self.broken or broken
