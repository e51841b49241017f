"""Every force on a weight in one step, and what of its update they leave unexplained.

SGD    b₁ = μ·b₀ + (1−τ)·(g + λ·w)          Δw = −η·b₁          (Nesterov: −η·(g + λ·w + μ·b₁))
Adam   m₁ = β₁·m₀ + (1−β₁)·(g + λ·w)        Δw = −η/(1−β₁ᵗ) · m₁/(√v̂₁ + ε)
AdamW  m₁ = β₁·m₀ + (1−β₁)·g                Δw as Adam's, − η·λ·w

Each is a sum: a part with the gradient g of this step, one with what is remembered of gradients before
(momentum), one with the weight itself (weight decay).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Adam, AdamW, Optimizer

GRADIENT, MOMENTUM, DECAY = "gradient", "momentum", "weight decay"
OUTSIDE = "beside the optimizer"  # measured: what else changed the weight within the step
UNEXPLAINED = "unexplained"

_ROUNDING = 8  # roundings of float32 of a weight, within which forces sum to an update


@dataclass(frozen=True, eq=False)
class OptimizerStep:
    """What an optimizer had of a parameter as it stepped, all in float64."""

    weight: Tensor
    gradient: Tensor
    settings: Mapping[str, Any]  # of its group
    remembered: Mapping[str, Tensor]  # before: `exp_avg`, `momentum_buffer`, `step`, …
    known: type[Optimizer]


@dataclass(frozen=True, eq=False)
class Forces:
    """Of one parameter, tensors of its shape in float64. The forces and `unexplained` sum to `update`."""

    weight: Tensor  # before the step
    update: Tensor
    forces: Mapping[str, Tensor]
    unexplained: Tensor

    @property
    def is_exact(self) -> bool:
        """Whether nothing is unexplained but how float32 rounds a weight."""
        grain = torch.finfo(torch.float32).eps * torch.maximum(self.weight.abs(), self.update.abs())
        return bool((self.unexplained.abs() <= _ROUNDING * grain + 1e-12).all())

    def of(self, index: tuple[int, ...]) -> dict[str, float]:
        """The forces on one weight, what is unexplained, and the update. Raises `IndexError`."""
        found = {name: float(force[index]) for name, force in self.forces.items()}
        return {**found, UNEXPLAINED: float(self.unexplained[index]), "update": float(self.update[index])}


def forces_on(before: Tensor, after: Tensor, steps: list[tuple[OptimizerStep, Tensor]]) -> Forces:
    """Of a parameter, from what it was as the step began and ended, and each step of an optimizer on it.

    `steps`: each with the parameter as the optimizer left it.
    """
    forces: dict[str, Tensor] = {}
    update = after.double() - before.double()
    by_optimizer = torch.zeros_like(update)
    for step, left in steps:
        by_optimizer += left.double() - step.weight
        for name, force in optimizer_forces(step).items():
            forces[name] = forces[name] + force if name in forces else force
    outside = update - by_optimizer
    if bool(outside.any()):
        forces[OUTSIDE] = outside
    explained = sum(forces.values(), torch.zeros_like(update))
    return Forces(before.double(), update, forces, update - explained)


def optimizer_forces(step: OptimizerStep) -> dict[str, Tensor]:
    """What an optimizer adds to a weight, by force; nothing for one that is not known here."""
    sign = -1.0 if step.settings.get("maximize") else 1.0
    gradient = sign * step.gradient
    if step.known is SGD:
        return _sgd(step, gradient)
    if step.known in (Adam, AdamW):
        return _adam(step, gradient)
    return {}


def _sgd(step: OptimizerStep, gradient: Tensor) -> dict[str, Tensor]:
    settings = step.settings
    rate, decay, momentum = float(settings["lr"]), settings["weight_decay"], settings["momentum"]
    before = step.remembered.get("momentum_buffer")
    kept = 1.0 if before is None else 1 - settings["dampening"]  # the first buffer is the gradient itself
    if not momentum:
        kept, remembered = 1.0, 0.0
    elif settings["nesterov"]:
        kept, remembered = 1 + momentum * kept, momentum**2
    else:
        remembered = momentum
    found = {GRADIENT: -rate * kept * gradient}
    if before is not None and remembered:
        found[MOMENTUM] = -rate * remembered * before
    if decay:
        found[DECAY] = -rate * kept * decay * step.weight
    return found


def _adam(step: OptimizerStep, gradient: Tensor) -> dict[str, Tensor]:
    settings = step.settings
    rate, decay, (one, two) = float(settings["lr"]), settings["weight_decay"], settings["betas"]
    decoupled = step.known is AdamW or bool(settings.get("decoupled_weight_decay"))
    zero = torch.zeros_like(gradient)
    mean, square = (step.remembered.get(name, zero) for name in ("exp_avg", "exp_avg_sq"))
    count = float(step.remembered.get("step", torch.tensor(0.0))) + 1
    pulled = gradient if decoupled or not decay else gradient + decay * step.weight
    square = two * square + (1 - two) * pulled**2
    if settings["amsgrad"]:
        square = torch.maximum(square, step.remembered.get("max_exp_avg_sq", zero))
    scale = rate / (1 - one**count) / (square.sqrt() / (1 - two**count) ** 0.5 + settings["eps"])
    found = {GRADIENT: -scale * (1 - one) * gradient, MOMENTUM: -scale * one * mean}
    if decay:
        found[DECAY] = -rate * decay * step.weight if decoupled else -scale * (1 - one) * decay * step.weight
    return found
