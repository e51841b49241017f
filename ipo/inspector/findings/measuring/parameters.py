"""Sizes of parameters, gradients and updates, and which way an update leads."""

from collections.abc import Iterable, Mapping

import numpy as np

from ipo.inspector.findings.measures import Floats, ParameterMeasures
from ipo.inspector.findings.observed import ObservedStep, ParameterFacts
from ipo.inspector.summaries.summary import sample_stride


def measure_parameters(
    step: ObservedStep, facts: Iterable[ParameterFacts], before: Mapping[str, Floats]
) -> tuple[tuple[ParameterMeasures, ...], dict[str, Floats]]:
    """Measures in order of depth, and samples of the updates; `before` are those of the step before."""
    order = {name: place for place, name in enumerate(step.first_outputs())}
    found, samples = [], {}
    for one in sorted(facts, key=lambda fact: order.get(fact.layer, -1)):
        gradient, update = _sample(step, one.gradient), _sample(step, one.update)
        descent = None if gradient is None or update is None else cosine(update, -gradient)
        turn = None
        if update is not None:
            samples[one.weight] = update
            earlier = before.get(one.weight)
            turn = None if earlier is None else cosine(update, earlier)
        found.append(
            ParameterMeasures(
                str(one.weight),
                _axes(step, one.weight),
                one.trainable,
                one.optimized,
                step.root_mean_square(one.weight),
                step.root_mean_square(one.gradient),
                step.root_mean_square(one.update),
                descent,
                turn,
            )
        )
    return tuple(found), samples


def _axes(step: ObservedStep, key: str) -> int:
    return len(step.summaries[key].shape) if key in step.summaries else step.tensors[key].ndim


def _sample(step: ObservedStep, key: str) -> Floats | None:
    """Some of the values of a tensor, spread evenly: the same ones whether it is whole or not."""
    if key in step.summaries:
        return step.summaries[key].sample
    values = step.tensors.get(key)
    if values is None or not values.size or values.dtype.kind != "f":
        return None
    return values.reshape(-1)[:: sample_stride(values.shape)].copy()


def cosine(one: Floats, other: Floats) -> float | None:
    """`None` for other shapes, for zeros and for what is not finite."""
    if one.shape != other.shape:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
        found = float(np.dot(one, other)) / lengths if lengths else float("nan")
    return found if np.isfinite(found) else None
