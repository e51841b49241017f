"""Any layer of any model, by name and without code: what goes out of it, what comes back, what moves it.

For a layer `encoder` the keys are `encoder/output`, `encoder/output_gradient`, and for its weights
`encoder/weight` (before the step), `encoder/weight_gradient`, `encoder/update`. Axes are named after the
layer, since only the model knows which of them belong together.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ipo.inspector.recipes import Handle, Observation, Setup, UnknownName, unknown
from ipo.inspector.snapshots import Derivation
from ipo.inspector.step_inspector import StepInspector
from ipo.inspector.tensors import SPECS, Phase, Renderer, Retention, Scale, StepTensorKey, TensorSpec, by_key
from ipo.inspector.trainer import Step, inputs_of


@dataclass(frozen=True)
class Part:
    """One tensor of a layer."""

    name: str
    phase: Phase
    scale: Scale
    label: str


OUTPUT = Part("output", Phase.FORWARD, Scale.DIVERGING, "Output of {}")
OUTPUT_GRADIENT = Part("output_gradient", Phase.BACKWARD, Scale.DIVERGING, "Gradient at the output of {}")
WEIGHT = Part("weight", Phase.INPUT, Scale.DIVERGING, "Weights of {} before the step")
WEIGHT_GRADIENT = Part("weight_gradient", Phase.BACKWARD, Scale.DIVERGING, "Gradient of the weights of {}")
UPDATE = Part("update", Phase.POST_STEP, Scale.DIVERGING, "Update of the weights of {}")

_LENGTHS = {WEIGHT: "Length of the weights of {}", WEIGHT_GRADIENT: "Length of the gradient of {}",
            UPDATE: "Length of the update of {}"}  # fmt: skip


def names(setup: Setup) -> tuple[str, ...]:
    """The layers to capture: those that the setup names, else all with weights, unless it observes itself."""
    known = {name: module for name, module in setup.model.named_modules() if name}
    if setup.layers is None:
        if setup.observe is not None:
            return ()
        return tuple(
            name for name, module in known.items() if next(module.parameters(recurse=False), None) is not None
        )
    for name in setup.layers:
        if name not in known:
            raise UnknownName(unknown("layer", name, known))
    return setup.layers


def specs(setup: Setup) -> Mapping[str, TensorSpec]:
    """The tensors of the recipe, the loss, and those of the named layers' weights.

    How many axes an output has shows when it is first there; its spec is added then.
    """
    found = [*setup.specs.values()]
    if setup.observe is None:
        found += [SPECS[key] for key in _BATCH if key not in setup.specs]
    if StepTensorKey.LOSS not in setup.specs:
        found.append(SPECS[StepTensorKey.LOSS])
    for name in names(setup):
        weight = _weight(setup.model.get_submodule(name))
        if weight is None:
            continue
        dims = _dims(name, weight)
        found += [_spec(name, part, dims, weight) for part in (WEIGHT, WEIGHT_GRADIENT, UPDATE)]
        found += [
            TensorSpec(f"{name}/{part.name}_length", (), part.phase, Retention.HISTORY, Renderer.SCALAR,
                       Scale.SEQUENTIAL, label.format(name))
            for part, label in _LENGTHS.items()
        ]  # fmt: skip
    return by_key(found)


def derivations(setup: Setup) -> tuple[Derivation, ...]:
    lengths = (
        Derivation(f"{name}/{part.name}_length", (f"{name}/{part.name}",), torch.linalg.vector_norm)
        for name in names(setup)
        if _weight(setup.model.get_submodule(name)) is not None
        for part in _LENGTHS
    )
    return (*setup.derivations, *lengths)


def observe(setup: Setup, inspector: StepInspector) -> Observation:
    """Watch the layers that the setup names."""
    handles: list[Handle] = []
    for name in names(setup):
        module = setup.model.get_submodule(name)
        if setup.outputs:
            handles.append(module.register_forward_hook(partial(_output, inspector, name)))
        weight = _weight(module)
        if weight is not None:
            before: dict[str, Tensor] = {}
            handles.append(
                setup.optimizer.register_step_pre_hook(partial(_before, inspector, name, weight, before))
            )
            handles.append(
                setup.optimizer.register_step_post_hook(partial(_after, inspector, name, weight, before))
            )
    return Observation(partial(_metrics, setup, inspector), tuple(handles))


_BATCH = (StepTensorKey.BATCH_IMAGES, StepTensorKey.BATCH_LABELS)


def _metrics(setup: Setup, inspector: StepInspector, step: Step) -> None:
    if setup.observe is not None:
        return
    inputs = inputs_of(step.batch)
    flat = (
        setup.image_shape is not None
        and isinstance(inputs, Tensor)
        and inputs[0].numel() == math.prod(setup.image_shape)
    )
    if flat:
        inspector.capture(StepTensorKey.BATCH_IMAGES, inputs.flatten(1))
    labels = step.batch[1] if isinstance(step.batch, tuple | list) and len(step.batch) > 1 else None
    if isinstance(labels, Tensor) and labels.dim() == 1:
        inspector.capture(StepTensorKey.BATCH_LABELS, labels)


def _output(inspector: StepInspector, name: str, module: nn.Module, args: Any, output: Any) -> None:
    if not (module.training and isinstance(output, Tensor)):
        return
    dims = ("B", *(f"{name}.{axis}" for axis in range(1, output.dim())))
    if isinstance(module, nn.Linear) and output.dim() == 2:
        dims = ("B", f"{name}.out")
    for part in (OUTPUT, OUTPUT_GRADIENT):
        inspector.declare(_spec(name, part, dims, output))
    inspector.capture(f"{name}/{OUTPUT.name}", output)
    if output.requires_grad:
        hook = partial(_gradient, inspector, f"{name}/{OUTPUT_GRADIENT.name}")
        output.register_hook(hook)  # type: ignore[no-untyped-call]


def _gradient(inspector: StepInspector, key: str, gradient: Tensor) -> None:
    inspector.capture(key, gradient)


def _before(inspector: StepInspector, name: str, weight: Tensor, before: dict[str, Tensor], *_: Any) -> None:
    before["weight"] = weight.detach().clone()
    inspector.capture(f"{name}/{WEIGHT.name}", before["weight"], owned=True)
    if weight.grad is not None:
        inspector.capture(f"{name}/{WEIGHT_GRADIENT.name}", weight.grad)


def _after(inspector: StepInspector, name: str, weight: Tensor, before: dict[str, Tensor], *_: Any) -> None:
    inspector.capture(f"{name}/{UPDATE.name}", weight.detach() - before.pop("weight"), owned=True)


def _weight(module: nn.Module) -> Tensor | None:
    weight = getattr(module, "weight", None)
    return weight if isinstance(weight, Tensor) else None


def _dims(name: str, weight: Tensor) -> tuple[str, ...]:
    ends = (f"{name}.out", f"{name}.in")
    return (*ends, *(f"{name}.kernel{axis}" for axis in range(weight.dim() - 2)))[: weight.dim()]


def _spec(name: str, part: Part, dims: tuple[str, ...], tensor: Tensor) -> TensorSpec:
    renderer = {0: Renderer.SCALAR, 1: Renderer.BARS}.get(tensor.dim(), Renderer.HEATMAP)
    return TensorSpec(
        f"{name}/{part.name}",
        dims,
        part.phase,
        Retention.SNAPSHOT,
        renderer,
        part.scale,
        part.label.format(name),
    )
