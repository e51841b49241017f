"""Which units of a layer are silent or saturated over a batch, and how strong the gradient at a layer is."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ipo.inspector.capture.metrics import DEAD
from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.findings.measures import Bits, UnitMeasures
from ipo.inspector.findings.observed import ObservedStep, ObservedTraining
from ipo.inspector.findings.thresholds import Limits

NEARLY_ALL = 0.95  # of the rows

_CHANNELS_SECOND = (
    nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d,
    nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.GroupNorm, nn.InstanceNorm1d, nn.InstanceNorm2d,
)  # fmt: skip
_CHANNELS_LAST = (nn.Linear, nn.Bilinear, nn.LayerNorm)


def measure_units(step: ObservedStep, training: ObservedTraining) -> tuple[UnitMeasures, ...]:
    """Of each layer with one output, in the order of their calls."""
    return (*_layers(step, training), *_winners(step))


def channels_last(values: NDArray[Any], layer: nn.Module) -> NDArray[Any] | None:
    """An output as `(n, D)`, a column for each unit; `None` for a layer without units, or nothing."""
    if values.ndim < 2 or not values.size or values.dtype.kind != "f":
        return None
    if isinstance(layer, _CHANNELS_SECOND):
        return np.moveaxis(values, 1, -1).reshape(-1, values.shape[1])
    if isinstance(layer, _CHANNELS_LAST):
        return values.reshape(-1, values.shape[-1])
    return None


def _layers(step: ObservedStep, training: ObservedTraining) -> Iterator[UnitMeasures]:
    names = [name for name in step.first_outputs() if name in training.layers]
    for name in names:
        key, gradient = f"{name}/output", step.tensors.get(f"{name}/output_gradient")
        signal = step.root_mean_square(f"{name}/output_gradient")
        if key in step.summaries:  # of each unit there are a few values only
            yield UnitMeasures(name, key, signal=signal)
            continue
        module = training.layers[name].owner
        outputs = channels_last(step.tensors[key], module)
        if outputs is None:
            yield UnitMeasures(name, key, signal=signal)
            continue
        back = None if gradient is None else channels_last(gradient, module)
        silent = None
        if name != names[-1] and back is not None and back.shape == outputs.shape:
            silent = ~(back != 0).any(0) & ~(outputs > 0).any(0)
        saturated, slope = _saturated(outputs, training.activation_after(name))
        yield UnitMeasures(name, key, silent, saturated, slope, signal)


def _saturated(outputs: NDArray[Any], activation: nn.Module | None) -> tuple[Bits | None, float | None]:
    """Units for which the activation is flat in nearly all rows, and its mean slope."""
    if activation is None:
        return None, None
    with np.errstate(over="ignore", invalid="ignore"):
        if isinstance(activation, nn.Sigmoid):
            half = np.tanh(outputs / 2)
            slopes = (1 - half * half) / 4
        elif isinstance(activation, nn.Tanh):
            slopes = 1 - np.tanh(outputs) ** 2
        else:
            bound = 1 if isinstance(activation, nn.Hardtanh) else 3
            slopes = (np.abs(outputs) < bound).astype(outputs.dtype)
        mean = float(slopes.mean())
    flat = (slopes < float(Limits.saturated_slope)).mean(0) >= NEARLY_ALL
    return flat, mean if np.isfinite(mean) else None


def _winners(step: ObservedStep) -> Iterator[UnitMeasures]:
    """Features that compete say themselves who wins."""
    wins = step.tensors.get(StepTensorKey.WIN_RATE)
    if wins is not None:
        yield UnitMeasures("encoder", str(StepTensorKey.WIN_RATE), silent=wins < DEAD)
