"""Parameters that no step moves: no gradient comes, no optimizer has them, or they are frozen."""

from collections.abc import Iterable, Iterator

from ipo.inspector.findings.finding import Finding, Severity
from ipo.inspector.findings.measures import ParameterMeasures
from ipo.inspector.findings.record import TrainingRecord
from ipo.inspector.findings.thresholds import Limits

NAMED = 3


def unreached_parameters(record: TrainingRecord) -> Iterator[Finding]:
    """Parameters that ask for a gradient and got none for some steps."""
    count = int(Limits.unreached_steps)
    if len(record.steps) < count:
        return
    unreached = [
        one
        for one in record.now.parameters
        if one.trainable
        and len(steps := record.parameter(one.key, count)) == count
        and all(not step.gradient and not step.update for step in steps)
    ]
    if unreached:
        yield Finding(
            "unreached_parameters",
            Severity.WARNING,
            "parameters",
            f"No gradient reaches {_listed(unreached)}.",
            f"{len(unreached)} of {len(record.now.parameters)} parameters without one in the last {count} "
            "steps",
            "Look for `detach()`, `no_grad()`, `.data`, `.item()` or numpy on the way from them to the "
            "loss, and for layers that the forward pass does not call.",
            tensor=unreached[0].key,
        )


def unoptimized_parameters(record: TrainingRecord) -> Iterator[Finding]:
    """Parameters that have a gradient, but belong to no optimizer."""
    found = [one for one in record.now.parameters if one.trainable and one.gradient and not one.optimized]
    if found and len(record.steps) >= Limits.unreached_steps:
        yield Finding(
            "unoptimized_parameters",
            Severity.WARNING,
            "parameters",
            f"No optimizer has {_listed(found)}: they have a gradient and never move.",
            f"{len(found)} of {len(record.now.parameters)} parameters",
            "Hand all parameters to the optimizer, also those that were made after it; or freeze them "
            "with `requires_grad_(False)` if that is meant.",
            tensor=f"{found[0].key}_gradient",
        )


def frozen_parameters(record: TrainingRecord) -> Iterator[Finding]:
    """Parameters that ask for no gradient, which may be meant."""
    found = [one for one in record.now.parameters if not one.trainable]
    if found and len(record.steps) >= Limits.unreached_steps:
        yield Finding(
            "frozen_parameters",
            Severity.NOTE,
            "parameters",
            f"{_listed(found)} {'is' if len(found) == 1 else 'are'} frozen.",
            f"{len(found)} of {len(record.now.parameters)} parameters ask for no gradient",
            "Nothing, if it is meant; else `requires_grad_(True)`.",
            tensor=found[0].key,
        )


def _listed(parameters: Iterable[ParameterMeasures]) -> str:
    keys = [one.key for one in parameters]
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return ", ".join(keys[:NAMED]) + more
