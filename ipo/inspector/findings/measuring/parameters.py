"""Sizes of parameters, gradients and updates, and which way an update leads."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.inspector.findings.measures import Floats, ParameterMeasures
from ipo.inspector.findings.observed import ObservedStep, ParameterFacts

MOST_SAMPLES = 4096  # values of a tensor that its directions are read from


def measure_parameters(
    step: ObservedStep, facts: Iterable[ParameterFacts], before: Mapping[str, Floats]
) -> tuple[tuple[ParameterMeasures, ...], dict[str, Floats]]:
    """Measures in order of depth, and samples of the updates; `before` are those of the step before."""
    order = {name: place for place, name in enumerate(step.first_outputs())}
    found, samples = [], {}
    for one in sorted(facts, key=lambda fact: order.get(fact.layer, -1)):
        gradient, update = _sample(step.tensors.get(one.gradient)), _sample(step.tensors.get(one.update))
        descent = None if gradient is None or update is None else cosine(update, -gradient)
        turn = None
        if update is not None:
            samples[one.weight] = update
            earlier = before.get(one.weight)
            turn = None if earlier is None else cosine(update, earlier)
        found.append(
            ParameterMeasures(
                str(one.weight),
                step.tensors[one.weight].ndim,
                one.trainable,
                one.optimized,
                _size(step, one.weight),
                _size(step, one.gradient),
                _size(step, one.update),
                descent,
                turn,
            )
        )
    return tuple(found), samples


def root_mean_square(values: NDArray[Any]) -> float | None:
    """`None` for nothing, for what is no number, and for what is not finite."""
    if not values.size or values.dtype.kind != "f":
        return None
    flat = values.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        found = float(np.sqrt(np.dot(flat, flat) / flat.size))
    return found if np.isfinite(found) else None


def _size(step: ObservedStep, key: str) -> float | None:
    """The root mean square of a tensor, from its length where the step has that already."""
    values = step.tensors.get(key)
    if values is None:
        return None
    length = step.tensors.get(f"{key}_length")
    if length is None or not values.size:
        return root_mean_square(values)
    size = float(length) / values.size**0.5
    return size if np.isfinite(size) else None


def _sample(values: NDArray[Any] | None) -> Floats | None:
    """Some of the values, spread evenly."""
    if values is None or not values.size or values.dtype.kind != "f":
        return None
    flat = values.reshape(-1)
    return flat[:: -(-flat.size // MOST_SAMPLES)].copy()


def cosine(one: Floats, other: Floats) -> float | None:
    """`None` for other shapes, for zeros and for what is not finite."""
    if one.shape != other.shape:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
        found = float(np.dot(one, other)) / lengths if lengths else float("nan")
    return found if np.isfinite(found) else None
