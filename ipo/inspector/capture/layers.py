"""Any layer of any model, by name and without code: what goes out of it, what comes back, what moves it.

For a layer `enc` the keys are

    enc/output, enc/output_gradient               of the first call within a step; enc/output#2 of the second
    enc/output.0, enc/output.hidden               of an output that is a tuple, a dict or a dataclass
    enc/weight, enc/weight_gradient, enc/weight_update     for each parameter, by its own name

The model itself is the layer `(model)`. Nothing is promised of a user's tensors: axes are named after the
layer, sizes may change from step to step, and what cannot be had is a note with its reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn
from torch.nn.utils import parametrize

from ipo.inspector.capture.tensors import Phase, Renderer, Retention, Scale, TensorSpec

ROOT = "(model)"

_PACKED = "_packed_params"  # what a quantised layer calls the module that has its weights
_COMPILED = "_orig_mod"  # what a compiled module calls the module that it was made from


@dataclass(frozen=True, eq=False)
class Layer:
    """One module under its name. `called` is what runs, compiled or not; `owner` has the parameters."""

    name: str
    called: nn.Module
    owner: nn.Module
    within: tuple[nn.Module, ...]  # the modules that it is a part of, itself included


def find_layers(model: nn.Module) -> dict[str, Layer]:
    """Every module of a model by its name, each once."""
    found: dict[str, Layer] = {}
    for path, module in model.named_modules():
        parts = path.split(".") if path else []
        if parts and parts[-1] == _COMPILED:
            continue  # known by what it was compiled to
        within = [model]
        for part in parts:
            within.append(within[-1].get_submodule(part))
        name = ".".join(part for part in parts if part != _COMPILED) or ROOT
        owner = module.get_submodule(_COMPILED) if is_compiled(module) else module
        found[name] = Layer(name, module, owner, tuple(within))
    return found


def is_compiled(module: nn.Module) -> bool:
    """Whether a module is what `torch.compile` made of another one."""
    return _COMPILED in module._modules


def has_parameters(layer: Layer) -> bool:
    """Whether weights belong to the layer itself: parameters, packed ones, or what one is computed from."""
    own = any(parameter is not None for parameter in layer.owner._parameters.values())
    return own or is_packed(layer) or bool(parametrize.is_parametrized(layer.owner))


def has_statistics(layer: Layer) -> bool:
    """Whether a layer without parts keeps buffers, as a norm without parameters does."""
    kept = any(buffer is not None for buffer in layer.owner._buffers.values())
    return kept and not layer.owner._modules and ".parametrizations." not in f".{layer.name}"


def is_packed(layer: Layer) -> bool:
    """Whether its weights are quantised and no parameters."""
    return _PACKED in layer.owner._modules


def is_inner(layer: Layer) -> bool:
    """Whether it is no layer, but how another one keeps its weights."""
    return layer.name.rpartition(".")[2] == _PACKED


def parameters_of(layer: Layer) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters that belong to the layer itself.

    Never through an attribute of the module: under a parametrisation that computes, and may train, something.
    """
    for name, parameter in layer.owner._parameters.items():
        if parameter is not None:
            yield name, parameter


def parameter_axes(layer: Layer, parameter: str, count: int) -> tuple[str, ...]:
    """Names for the axes of a parameter."""
    names = [f"{layer.name} {parameter}.axis{axis}" for axis in range(count)]
    if parameter == "weight" and isinstance(layer.owner, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
        known = ["out", "in", *(f"kernel{axis}" for axis in range(count - 2))]
        names = [f"{layer.name}.{name}" for name in known]
    return tuple(names)


def output_axes(name: str, count: int) -> tuple[str, ...]:
    """Names for the axes of an output, which only the model knows the meaning of."""
    return tuple(f"{name} output.axis{axis}" for axis in range(count))


def layer_spec(key: str, dims: tuple[str, ...], phase: Phase, label: str) -> TensorSpec:
    """The spec of a tensor of a layer. A single number belongs to history."""
    renderer = {0: Renderer.SCALAR, 1: Renderer.BARS}.get(len(dims), Renderer.HEATMAP)
    retention = Retention.SNAPSHOT if dims else Retention.HISTORY
    return TensorSpec(key, dims, phase, retention, renderer, Scale.DIVERGING, label)
