"""Units that no image wakes, and units whose activation is flat."""

from collections.abc import Iterator

import numpy as np

from ipo.inspector.findings.finding import Finding, Severity
from ipo.inspector.findings.measures import Bits, UnitMeasures
from ipo.inspector.findings.record import TrainingRecord
from ipo.inspector.findings.thresholds import Limits
from ipo.proportions import percent


def dead_units(record: TrainingRecord) -> Iterator[Finding]:
    """Units that passed nothing on, and got no gradient, for any row of the last batches."""
    for one, dead in _throughout(record, "silent"):
        share, count = float(dead.mean()), int(dead.sum())
        if share < Limits.dead_few_share:
            continue
        many = share >= Limits.dead_share
        yield Finding(
            "dead_units",
            (Severity.CRITICAL if share == 1 else Severity.WARNING) if many else Severity.NOTE,
            one.layer,
            f"{'Most' if many else 'Some'} units of layer {one.layer} are silent: they answer to no row of "
            "any batch.",
            f"{count} of {dead.size} in the last {Limits.dead_batches:g} batches; "
            f"{percent(Limits.dead_share)} are too many",
            "A smaller learning rate, biases that begin at 0, He weights, normalised inputs; leaky ReLU "
            "or GELU, which always pass a gradient.",
            tensor=one.key,
            feature=int(np.flatnonzero(dead)[0]),
        )


def saturated_units(record: TrainingRecord) -> Iterator[Finding]:
    """Units whose sigmoid or tanh is flat for nearly all rows: no gradient comes through."""
    for one, flat in _throughout(record, "saturated"):
        share = float(flat.mean())
        if share < Limits.saturated_share:
            continue
        yield Finding(
            "saturated_units",
            Severity.WARNING,
            one.layer,
            f"Units of layer {one.layer} are saturated: their activation is flat, and passes no gradient "
            "back.",
            f"{int(flat.sum())} of {flat.size} in the last {Limits.dead_batches:g} batches"
            + ("" if one.slope is None else f", mean slope {one.slope:.1g}"),
            "Normalised inputs, smaller weights to begin with (Xavier), a smaller learning rate, batch "
            "or layer normalisation before the activation.",
            tensor=one.key,
            feature=int(np.flatnonzero(flat)[0]),
        )


def _throughout(record: TrainingRecord, what: str) -> Iterator[tuple[UnitMeasures, Bits]]:
    """By layer of the step the units that were `what` in all of the last batches."""
    steps = record.last(Limits.dead_batches)
    if len(steps) < Limits.dead_batches:
        return
    for one in record.now.units:
        same = [step.unit_by_key.get(one.key) for step in steps]
        found = [bits for other in same if other and (bits := getattr(other, what)) is not None]
        if len(found) == len(steps) and len({len(bits) for bits in found}) == 1 and len(found[0]):
            yield one, np.logical_and.reduce(found)
