"""All numbers of one step."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ipo.inspector.findings.measures import Floats, StepMeasures
from ipo.inspector.findings.measuring.batch import measure_batch
from ipo.inspector.findings.measuring.examples import measure_examples
from ipo.inspector.findings.measuring.features import measure_features
from ipo.inspector.findings.measuring.parameters import measure_parameters
from ipo.inspector.findings.measuring.training import (
    RunningMeans,
    measure_normalizations,
    measure_rates,
    measure_schedulers,
)
from ipo.inspector.findings.measuring.units import measure_units
from ipo.inspector.findings.observed import ObservedStep, ObservedTraining

UNITS = "dead and saturated units and rank of outputs"
TWINS = "units with equal weights"
_NAMED = 3  # tensors of one reason


@dataclass(frozen=True, eq=False)
class StepBefore:
    """What a step is compared with."""

    updates: dict[str, Floats] = field(default_factory=dict)
    running_means: dict[str, RunningMeans] = field(default_factory=dict)


def measure(
    step: ObservedStep, training: ObservedTraining, before: StepBefore
) -> tuple[StepMeasures, StepBefore]:
    """Measures of a step, and what the next one is to be compared with."""
    facts = list(training.parameters(step.captured))
    parameters, updates = measure_parameters(step, facts, before.updates)
    normalizations, means = measure_normalizations(training, before.running_means)
    examples, missing = measure_examples(step)
    batch = measure_batch(step.batch)
    if batch is None:
        missing["rows of the batch"] = "the batch is not known, or has no tensor"
    elif batch.labels is None:
        missing["labels of the batch"] = "the batch has no whole number for each of its rows"
    layers = [name for name in step.first_outputs() if f"{name}/output" in step.summaries]
    if layers:
        missing[UNITS] = f"kept as summaries: {listed(layers)}"
    weights = [one.weight for one in facts if one.weight in step.summaries]
    if weights:
        missing[TWINS] = f"kept as summaries: {listed(weights)}"
    found = StepMeasures(
        step.index,
        step.loss,
        step.epoch,
        parameters,
        measure_units(step, training),
        measure_features(step, training, facts),
        batch,
        examples,
        normalizations,
        measure_rates(training),
        tuple(measure_schedulers(training)),
        missing,
        step.broken,
        step.broken_tensor,
    )
    return found, StepBefore(updates, means)


def listed(names: Sequence[str]) -> str:
    """`a, b, c and 4 more`."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
