"""What findings are made from: a training as it stands, and one step of it as it was captured. Only read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer

from ipo.inspector.capture.layers import Layer, find_layers, parameters_of
from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.summaries.summary import TensorSummary

_SLOPED = (nn.Sigmoid, nn.Tanh, nn.Hardsigmoid, nn.Hardtanh)
_PASSING = (nn.Dropout, nn.Identity)  # between a layer and its activation


@dataclass(frozen=True)
class ParameterFacts:
    """One parameter: the keys of its tensors, and whether it is to be trained."""

    weight: str
    gradient: str
    update: str
    layer: str
    trainable: bool
    optimized: bool


@dataclass(frozen=True, eq=False)
class ObservedTraining:
    """A model with all that moves it. `layers` are those that are captured."""

    model: nn.Module
    optimizers: tuple[Optimizer, ...]
    layers: Mapping[str, Layer]
    schedulers: Mapping[str, Any] = field(default_factory=dict)  # by name

    @classmethod
    def of(
        cls,
        model: nn.Module,
        optimizers: Iterable[Optimizer],
        others: Mapping[str, Any] | None = None,
    ) -> "ObservedTraining":
        """`others` are what a training has besides; the schedulers among them are found."""
        schedulers = {name: one for name, one in (others or {}).items() if _is_scheduler(one)}
        return cls(model, tuple(optimizers), find_layers(model), schedulers)

    def parameters(self, captured: Iterable[str]) -> Iterator[ParameterFacts]:
        """Those of which a step captured something."""
        keys = frozenset(captured)
        stepped = {id(one) for optimizer in self.optimizers for one in _parameters(optimizer)}
        for name, layer in self.layers.items():
            for own, parameter in parameters_of(layer):
                key = f"{name}/{own}"
                if key in keys and not is_lazy(parameter):
                    yield ParameterFacts(
                        key,
                        f"{key}_gradient",
                        f"{key}_update",
                        name,
                        parameter.requires_grad,
                        id(parameter) in stepped,
                    )
        if StepTensorKey.ENCODER_WEIGHTS in keys:
            gradient = StepTensorKey.GRAD_MASKED
            if gradient not in keys:
                gradient = StepTensorKey.GRAD_RAW
            update, weight = StepTensorKey.OPTIMIZER_DELTA, StepTensorKey.ENCODER_WEIGHTS
            yield ParameterFacts(weight, gradient, update, "encoder", True, True)

    def activation_after(self, name: str) -> nn.Module | None:
        """The sigmoid or tanh behind a layer of an `nn.Sequential`; what a `forward` does is not seen."""
        path, _, own = name.rpartition(".")
        parent = self.layers[path or "(model)"].owner if (path or "(model)") in self.layers else None
        if not isinstance(parent, nn.Sequential):
            return None
        names = list(parent._modules)
        if own not in names:
            return None
        for following in names[names.index(own) + 1 :]:
            module = parent._modules[following]
            if isinstance(module, _PASSING):
                continue
            return module if isinstance(module, _SLOPED) else None
        return None


@dataclass(frozen=True, eq=False)
class ObservedStep:
    """One step: its captured tensors by key, its batch, and the model's output where that is known."""

    index: int
    loss: float
    tensors: Mapping[str, NDArray[Any]]
    notes: Mapping[str, str] = field(default_factory=dict)
    batch: Any = None
    output: Any = None
    epoch: int | None = None
    broken: str = ""  # which tensor is not finite, in one sentence
    broken_tensor: str = ""
    summaries: Mapping[str, TensorSummary] = field(default_factory=dict)  # of tensors that are not whole
    order: Sequence[str] = ()  # keys of both in order of computation; without, the tensors come first

    @cached_property
    def captured(self) -> dict[str, None]:
        """Keys of all tensors, whole or summarized, in order of computation."""
        return dict.fromkeys(self.order or (*self.tensors, *self.summaries))

    def first_outputs(self) -> list[str]:
        """Layers in the order of their first calls, as far as one tensor went out of them."""
        return [key.removesuffix("/output") for key in self.captured if key.endswith("/output")]

    def root_mean_square(self, key: str) -> float | None:
        """Of a tensor, whole or not; `None` where it is missing, no floats, or not finite."""
        values, summary = self.tensors.get(key), self.summaries.get(key)
        length = self.tensors.get(f"{key}_length")
        if summary is not None:
            measured, size = summary.length, summary.size
        elif values is None:
            return None
        elif length is None or not values.size:
            return root_mean_square(values)
        else:
            measured, size = float(length), values.size
        found = measured / size**0.5
        return found if np.isfinite(found) else None


def root_mean_square(values: NDArray[Any]) -> float | None:
    """`None` for nothing, for what is no number, and for what is not finite."""
    if not values.size or values.dtype.kind != "f":
        return None
    flat = values.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        found = float(np.sqrt(np.dot(flat, flat) / flat.size))
    return found if np.isfinite(found) else None


def first_tensor(part: Any) -> Tensor | None:
    """The first tensor with rows in a batch or an output."""
    if isinstance(part, Tensor):
        return part if part.dim() else None
    if isinstance(part, Mapping):
        part = list(part.values())
    if isinstance(part, tuple | list):
        return next((found for one in part if (found := first_tensor(one)) is not None), None)
    return None


def _is_scheduler(one: Any) -> bool:
    return isinstance(getattr(one, "last_epoch", None), int) and hasattr(one, "optimizer")


def _parameters(optimizer: Optimizer) -> Iterator[nn.Parameter]:
    for group in optimizer.param_groups:
        yield from group["params"]
