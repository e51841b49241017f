"""One layer within one step, as a notebook reads it: `trace["encoder.0"].output`."""

from collections.abc import Iterator, Mapping

from torch import Tensor

from ipo.inspector.capture.layers import Layer, parameters_of
from ipo.inspector.capture.snapshots import SUMMARY_ONLY, Snapshot
from ipo.inspector.summaries.summary import TensorSummary


class NotSeen(AttributeError):
    """The step has no such tensor; the message says why."""


class LayerView:
    """What a step did with one layer. Every tensor is a copy: float32 on the CPU, to do with as you like.

    `output` and `grad` are of the first call within the step; `outputs` and `grads` have all calls and all
    tensors of an output by name: `""`, `".0"`, `"#2"`, `".hidden#2"`.
    """

    def __init__(self, layer: Layer, snapshot: Snapshot) -> None:
        self.name = layer.name
        self.kind = type(layer.owner).__name__  # of its module
        self.step = snapshot.step
        self._layer = layer
        self._snapshot = snapshot

    @property
    def output(self) -> Tensor:
        """What went out of the layer. Raises `NotSeen`."""
        return self._first("output")

    @property
    def grad(self) -> Tensor:
        """The gradient that came back to its output. Raises `NotSeen`."""
        return self._first("output_gradient")

    @property
    def outputs(self) -> dict[str, Tensor]:
        return dict(self._tensors("output"))

    @property
    def grads(self) -> dict[str, Tensor]:
        return dict(self._tensors("output_gradient"))

    @property
    def parameters(self) -> dict[str, Tensor]:
        """As the step began, by name."""
        return self._of_parameters("")

    @property
    def parameter_names(self) -> list[str]:
        return [name for name, _ in parameters_of(self._layer)]

    @property
    def gradients(self) -> dict[str, Tensor]:
        """Of the parameters, as the optimizer saw them."""
        return self._of_parameters("_gradient")

    @property
    def updates(self) -> dict[str, Tensor]:
        """What the step added to the parameters."""
        return self._of_parameters("_update")

    @property
    def optimizer_state(self) -> dict[str, dict[str, Tensor]]:
        """What the optimizer remembers of each parameter, by name: `["weight"]["exp_avg"]`."""
        return {name: self._state_of(name) for name, _ in parameters_of(self._layer)}

    @property
    def buffers(self) -> dict[str, Tensor]:
        """As the step left them."""
        names = {name: f"{self.name}/{name}" for name in self._layer.owner._buffers}
        return {name: self._copy(key) for name, key in names.items() if key in self._snapshot}

    @property
    def summaries(self) -> dict[str, TensorSummary]:
        """What there is of its tensors that were too large to be kept whole: `["weight_gradient"].mean`."""
        start = f"{self.name}/"
        found = self._snapshot.summaries
        return {key.removeprefix(start): one for key, one in found.items() if key.startswith(start)}

    @property
    def notes(self) -> Mapping[str, str]:
        """Which of its tensors could not be had, and why."""
        start = f"{self.name}/"
        return {
            key.removeprefix(start): why for key, why in self._snapshot.notes.items() if key.startswith(start)
        }

    def __repr__(self) -> str:
        has = ", ".join(key.partition("/")[2] for key in self._snapshot if key.startswith(f"{self.name}/"))
        return f"<layer {self.name} in step {self.step}: {has or 'nothing'}>"

    def _first(self, kind: str) -> Tensor:
        key = f"{self.name}/{kind}"
        if key in self._snapshot:
            return self._copy(key)
        parts = [part for part, _ in self._tensors(kind)]
        if parts:
            raise NotSeen(
                f"{key} has several tensors; {kind_of_all(kind)} has {', '.join(map(repr, parts))}."
            )
        unknown = SUMMARY_ONLY if key in self._snapshot.summaries else "nothing was seen of it"
        reason = self._snapshot.notes.get(key, unknown)
        raise NotSeen(f"Step {self.step} has no {key}: {reason}.")

    def _tensors(self, kind: str) -> Iterator[tuple[str, Tensor]]:
        start = f"{self.name}/{kind}"
        for key in self._snapshot:
            rest = key.removeprefix(start)
            if key.startswith(start) and (not rest or rest[0] in ".#"):
                yield rest, self._copy(key)

    def _state_of(self, parameter: str) -> dict[str, Tensor]:
        """Without the lengths, which history has."""
        start = f"{self.name}/{parameter}_state."
        keys = [key for key in self._snapshot if key.startswith(start)]
        values = [
            key for key in keys if key.removesuffix("_length") not in keys or not key.endswith("_length")
        ]
        return {key.removeprefix(start): self._copy(key) for key in values}

    def _of_parameters(self, suffix: str) -> dict[str, Tensor]:
        keys = {name: f"{self.name}/{name}{suffix}" for name, _ in parameters_of(self._layer)}
        return {name: self._copy(key) for name, key in keys.items() if key in self._snapshot}

    def _copy(self, key: str) -> Tensor:
        return self._snapshot.tensor(key).clone()


def kind_of_all(kind: str) -> str:
    """The attribute that has all tensors of a kind."""
    return "outputs" if kind == "output" else "grads"
