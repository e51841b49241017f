"""What of a training is no tensor of a step: running statistics, learning rates, schedulers."""

from collections.abc import Iterator, Mapping

import numpy as np
from torch import Tensor, nn

from ipo.inspector.findings.measures import Floats, NormalizationMeasures, SchedulerMeasures
from ipo.inspector.findings.observed import ObservedTraining


def measure_normalizations(
    training: ObservedTraining, before: Mapping[str, Floats]
) -> tuple[tuple[NormalizationMeasures, ...], dict[str, Floats]]:
    """How far the running means moved since the step before, and where they are."""
    found, means = [], {}
    for name, layer in training.layers.items():
        module = layer.owner
        if not isinstance(module, nn.modules.batchnorm._NormBase):
            continue
        running, variance = _array(module.running_mean), _array(module.running_var)
        if running is None or variance is None:
            continue
        means[name] = running
        earlier = before.get(name)
        shift = None
        if earlier is not None and earlier.shape == running.shape and running.size:
            with np.errstate(over="ignore", invalid="ignore"):
                moved = float(np.sqrt(np.mean((running - earlier) ** 2 / (variance + module.eps))))
            shift = moved if np.isfinite(moved) else None
        found.append(NormalizationMeasures(name, module.momentum, shift))
    return tuple(found), means


def measure_rates(training: ObservedTraining) -> tuple[float, ...]:
    """The learning rate of each parameter group."""
    return tuple(
        float(group["lr"])
        for optimizer in training.optimizers
        for group in optimizer.param_groups
        if "lr" in group
    )


def measure_schedulers(training: ObservedTraining) -> Iterator[SchedulerMeasures]:
    for name, scheduler in training.schedulers.items():
        yield SchedulerMeasures(name, int(scheduler.last_epoch))


def _array(tensor: Tensor | None) -> Floats | None:
    return None if tensor is None or tensor.is_meta else tensor.detach().float().cpu().numpy().copy()
