"""The parameters of layers before a step, their gradients, and what the step made of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer

from ipo.inspector.capture.copying import copied
from ipo.inspector.capture.layers import Layer, is_packed, layer_spec, parameter_axes, parameters_of
from ipo.inspector.capture.optimizers import LearningRateWatch, remembered
from ipo.inspector.capture.snapshots import Derivation
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import Phase, Renderer, Retention, Scale, TensorSpec
from ipo.inspector.summaries.summary import sampled_view

_FROZEN = "it is frozen: it asks for no gradient"
_NO_GRADIENT = "no gradient reached it in this step"
_LAZY = "the layer was not called yet, which gives it its shape"
_PACKED = "it is quantised: packed into integers, which no optimizer moves"
_RESHAPED = "the step gave it another shape"


@dataclass(frozen=True, eq=False)
class Watched:
    """One parameter under its key."""

    key: str
    name: str
    layer: Layer
    parameter: nn.Parameter


@dataclass(frozen=True)
class Part:
    """One tensor about a parameter."""

    suffix: str
    phase: Phase
    label: str

    def spec(self, watched: Watched, axes: int) -> TensorSpec:
        dims = parameter_axes(watched.layer, watched.name, axes)
        return layer_spec(watched.key + self.suffix, dims, self.phase, self.label.format(watched.key))

    def length(self, watched: Watched, *, estimated: bool = False) -> tuple[TensorSpec, Derivation]:
        """The scalar of history beside it. `estimated`: in steps of which there is a sample only."""
        key = watched.key + self.suffix
        label = f"Length: {self.label.format(watched.key)}"
        label += ", estimated from a sample" if estimated else ""
        spec = TensorSpec(
            f"{key}_length", (), self.phase, Retention.HISTORY, Renderer.SCALAR, Scale.SEQUENTIAL, label
        )
        return spec, Derivation(spec.key, (key,), torch.linalg.vector_norm)


BEFORE = Part("", Phase.INPUT, "{} before the step")
GRADIENT = Part("_gradient", Phase.BACKWARD, "Gradient of {}")
UPDATE = Part("_update", Phase.POST_STEP, "Update of {}")


def state_part(name: str) -> Part:
    """What an optimizer remembers of a parameter under this name."""
    return Part(f"_state.{name}", Phase.POST_STEP, f"{name} of the optimizer for {{}}")


class ParameterWatch:
    """Captures parameters as a step begins, gradients as the optimizer sees them, and updates as it ends.

    A gradient is that of the last optimizer step within the step; where there was none, what has been
    accumulated until the end. With a closure it is that of its last evaluation.
    """

    def __init__(
        self, layers: Mapping[str, Layer], optimizers: Iterable[Optimizer], inspector: StepInspector
    ) -> None:
        self._layers = layers
        self._optimizers = tuple(optimizers)
        self._rates = LearningRateWatch(self._optimizers, inspector)
        self._inspector = inspector
        self._within = False  # whether a step has begun that has not ended
        self._before: dict[int, Tensor] = {}  # by the id of the parameter; those whose copy is needed
        self._sampled: dict[int, Tensor] = {}  # samples of the others
        self._ended: dict[int, tuple[nn.Parameter, Tensor]] = {}  # as the last step ended
        self._copies: dict[tuple[int, str], Tensor] = {}  # of the running step, by parameter and part
        self._now: list[Watched] = []  # as they were looked for last
        self._handles: list[Any] = []
        for watched in self._all():
            if not is_lazy(watched.parameter):
                for part in (BEFORE, GRADIENT, UPDATE):
                    inspector.declare(part.spec(watched, watched.parameter.dim()))
                    self._declare_length(watched, part, watched.parameter.dim())

    def attach(self) -> None:
        """Attach hooks to the optimizers, which stay for any number of steps."""
        for optimizer in self._optimizers:
            self._handles.append(optimizer.register_step_pre_hook(self._before_optimizer))
            self._handles.append(optimizer.register_step_post_hook(self._after_optimizer))

    def begin(self) -> None:
        """Take the parameters as a step begins."""
        self._before, self._sampled = {}, {}
        self._within = True
        self._now = list(self._all())
        self._take_all_before(self._now)

    def end(self) -> None:
        """Take what the step did."""
        self._ended, self._copies = {}, {}
        self._within = False
        self._now = list(self._all())
        self._take_gradients(self._without_gradient())
        self._each(self._take_end, self._now)
        self._take_states()
        for layer in self._layers.values():
            if is_packed(layer):
                self._inspector.note(f"{layer.name}/weight", _PACKED)

    def detach(self) -> None:
        """Take off all hooks."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _all(self) -> Iterator[Watched]:
        for layer in self._layers.values():
            for name, parameter in parameters_of(layer):
                yield Watched(f"{layer.name}/{name}", name, layer, parameter)

    def _each(self, take: Callable[[Watched], None], which: Iterable[Watched]) -> None:
        for watched in which:
            with self._inspector.noting(watched.key):
                take(watched)

    def _take_all_before(self, which: Iterable[Watched]) -> None:
        """Lazy ones are taken before the optimizer, when they have a shape."""
        summarized: dict[str, Tensor] = {}
        sampled: list[Watched] = []  # whose update is to be one of a sample
        for watched in which:
            if is_lazy(watched.parameter):
                continue
            with self._inspector.noting(watched.key):
                if not self._inspector.keeps_whole(watched.key + UPDATE.suffix, watched.parameter):
                    sampled.append(watched)
                self._take_before(watched, summarized, not sampled or sampled[-1] is not watched)
        self._inspector.summarize(summarized)
        for watched in sampled:
            taken = self._inspector.sample(watched.key)
            if taken is None:  # the weight is whole
                taken = sampled_view(watched.parameter).to(torch.float32, copy=True)
            self._sampled[id(watched.parameter)] = taken

    def _take_before(self, watched: Watched, summarized: dict[str, Tensor], updates: bool) -> None:
        """`updates`: whether its update is to be whole."""
        parameter, at = watched.parameter, id(watched.parameter)
        whole = self._inspector.keeps_whole(watched.key, parameter)
        if (whole or updates) and at not in self._before:
            self._before[at] = self._as_last(parameter)
        if whole:
            self._take(watched, BEFORE, self._before[at])
        else:
            summarized[watched.key] = parameter

    def _as_last(self, parameter: nn.Parameter) -> Tensor:
        """A copy: the one after the last step if nothing has changed since."""
        known = self._ended.get(id(parameter))
        if known is not None and known[0] is parameter and torch.equal(known[1], parameter):
            return known[1]
        return _copy(parameter)

    def _before_optimizer(self, optimizer: Optimizer, args: tuple[Any, ...], keywords: Any) -> None:
        self._rates.take(optimizer)
        if not self._within:
            return
        known = self._before.keys() | self._sampled.keys()
        self._now = list(self._all())
        self._take_all_before([watched for watched in self._now if id(watched.parameter) not in known])
        if not (args and args[0] is not None) and keywords.get("closure") is None:
            self._take_stepped(optimizer)

    def _after_optimizer(self, optimizer: Optimizer, args: tuple[Any, ...], keywords: Any) -> None:
        if self._within and ((args and args[0] is not None) or keywords.get("closure") is not None):
            self._take_stepped(optimizer)

    def _take_stepped(self, optimizer: Optimizer) -> None:
        """The gradients of all that an optimizer steps."""
        self._copies = {}
        stepped = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
        self._take_gradients(one for one in self._now if id(one.parameter) in stepped)

    def _without_gradient(self) -> Iterator[Watched]:
        return (one for one in self._now if not self._inspector.has(one.key + GRADIENT.suffix))

    def _take_gradients(self, which: Iterable[Watched]) -> None:
        found = [(one, GRADIENT, one.parameter.grad) for one in which if one.parameter.grad is not None]
        self._take_copies(found)

    def _take_copies(self, found: Iterable[tuple[Watched, Part, Tensor]], *, measure: bool = True) -> None:
        """Tensors as they are now, whole or as summaries; lengths of those are estimates unless measured."""
        summarized: dict[str, Tensor] = {}
        for watched, part, tensor in found:
            key = watched.key + part.suffix
            with self._inspector.noting(key):
                if self._inspector.keeps_whole(key, tensor):
                    self._take(watched, part, self._once(watched, part, partial(copied, tensor)))
                else:
                    self._inspector.declare(part.spec(watched, tensor.dim()))
                    self._inspector.declare(*part.length(watched, estimated=not measure))
                    summarized[key] = tensor
        self._inspector.summarize(summarized, measure=measure)

    def _take_states(self) -> None:
        """What the optimizers remember, as they leave it.

        Not measured: it is twice the model again, and finite where the gradients are.
        """
        found = (
            (watched, state_part(name), value)
            for watched in self._now
            for optimizer in self._optimizers
            if not is_lazy(watched.parameter)
            for name, value in remembered(optimizer, watched.parameter)
        )
        self._take_copies(found, measure=False)

    def _take_end(self, watched: Watched) -> None:
        parameter, key = watched.parameter, watched.key + GRADIENT.suffix
        if not self._inspector.has(key):
            self._inspector.note(key, _NO_GRADIENT if parameter.requires_grad else _FROZEN)
        if is_lazy(parameter):
            self._inspector.note(watched.key, _LAZY)
            return
        if id(parameter) in self._sampled:
            self._take_sampled_update(watched)
            return
        before = self._before.get(id(parameter))
        after = self._copy_after(parameter)
        if before is None or before.shape != after.shape:
            self._inspector.note(watched.key + UPDATE.suffix, _RESHAPED)
            return
        self._take(watched, UPDATE, self._once(watched, UPDATE, lambda: _difference(after, before)))

    def _take_sampled_update(self, watched: Watched) -> None:
        """What was added to the sample of a parameter; its length is then an estimate, and named so."""
        parameter, key = watched.parameter, watched.key + UPDATE.suffix
        before, after = self._sampled[id(parameter)], sampled_view(parameter)
        if before.shape != after.shape:
            self._inspector.note(key, _RESHAPED)
            return
        self._inspector.summarize_sample(key, parameter.shape, _difference(after.float(), before))
        self._inspector.declare(*UPDATE.length(watched, estimated=True))

    def _once(self, watched: Watched, part: Part, make: Callable[[], Tensor]) -> Tensor:
        """What is made of a parameter, which it shares with those of its other names."""
        at = id(watched.parameter), part.suffix
        if at not in self._copies:
            self._copies[at] = make()
        return self._copies[at]

    def _copy_after(self, parameter: nn.Parameter) -> Tensor:
        """A copy as the step ends, which parameters under two names share."""
        at = id(parameter)
        if at not in self._ended:
            self._ended[at] = parameter, _copy(parameter)
        return self._ended[at][1]

    def _take(self, watched: Watched, part: Part, tensor: Tensor) -> None:
        key = watched.key + part.suffix
        taken = copied(tensor, owned=True)
        self._inspector.keep(key, taken, lambda axes: part.spec(watched, axes))
        self._declare_length(watched, part, tensor.dim())

    def _declare_length(self, watched: Watched, part: Part, axes: int) -> None:
        if axes and not self._inspector.knows(f"{watched.key}{part.suffix}_length"):
            self._inspector.declare(*part.length(watched))


def _copy(parameter: nn.Parameter) -> Tensor:
    return parameter.detach().clone(memory_format=torch.contiguous_format)


def _difference(after: Tensor, before: Tensor) -> Tensor:
    """What was added; nothing where an infinity stayed one."""
    difference = after - before
    if not bool(torch.isfinite(difference.sum())):
        difference = torch.where(after == before, torch.zeros_like(difference), difference)
    return difference
