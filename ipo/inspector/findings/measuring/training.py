"""What of a training is no tensor of a step: running statistics, learning rates, schedulers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from ipo.inspector.findings.measures import Floats, NormalizationMeasures, SchedulerMeasures
from ipo.inspector.findings.measuring.parameters import cosine
from ipo.inspector.findings.observed import ObservedTraining, root_mean_square


@dataclass(frozen=True, eq=False)
class RunningMeans:
    """Of one layer after a step, and how they moved in it, in standard deviations of its batches."""

    means: Floats
    move: Floats | None = None


def measure_normalizations(
    training: ObservedTraining, before: Mapping[str, RunningMeans]
) -> tuple[tuple[NormalizationMeasures, ...], dict[str, RunningMeans]]:
    """How the running means moved since the step before, and where they are."""
    found, now = [], {}
    for name, layer in training.layers.items():
        module = layer.owner
        if not isinstance(module, nn.modules.batchnorm._NormBase):
            continue
        running, variance = _array(module.running_mean), _array(module.running_var)
        if running is None or variance is None:
            continue
        earlier, move, turn = before.get(name), None, None
        if earlier is not None and earlier.means.shape == running.shape:
            with np.errstate(all="ignore"):
                move = (running - earlier.means) / np.sqrt(variance + module.eps)
            turn = None if earlier.move is None else cosine(move, earlier.move)
        now[name] = RunningMeans(running, move)
        shift = None if move is None else root_mean_square(move)
        found.append(NormalizationMeasures(name, module.momentum, shift, turn))
    return tuple(found), now


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
