"""Units that have become the same, and layers that say the same of every row."""

from collections.abc import Iterator

from ipo.inspector.findings.finding import Finding, Severity
from ipo.inspector.findings.record import TrainingRecord
from ipo.inspector.findings.thresholds import Limits

LEAST_LOOKS = 2  # at which it was so


def twin_features(record: TrainingRecord) -> Iterator[Finding]:
    """Units of a layer whose weights have the same direction."""
    for one in record.features:
        share = one.twins / one.units if one.units else 0
        if share < Limits.twin_few_share or _looks(record, one.key) < LEAST_LOOKS:
            continue
        first, second = one.pair
        yield Finding(
            "twin_features",
            Severity.WARNING if share >= Limits.twin_share else Severity.NOTE,
            one.key,
            f"Units of {one.key} are twins, as {first} and {second}: they compute the same.",
            f"{one.twins} of {one.units} units have another one with a cosine above {Limits.twin_cosine:g}",
            "Random weights to begin with: units that begin equal stay equal. Fewer units, dropout, or a "
            "penalty on likeness where they become equal.",
            tensor=one.key,
            feature=first,
        )


def rank_collapse(record: TrainingRecord) -> Iterator[Finding]:
    """A layer gives nearly the same output, or one that differs along one line, for all rows."""
    for one in record.features:
        if one.rank is None or one.rank > Limits.rank_floor:
            continue
        if _looks(record, one.key, collapsed=True) < LEAST_LOOKS:
            continue
        yield Finding(
            "rank_collapse",
            Severity.WARNING,
            one.key,
            f"{one.key} has collapsed: rows of the batch differ along one line only.",
            f"effective rank {one.rank:.2f} of at most {one.most_rank}; below {Limits.rank_floor:g} "
            "little of the input is left",
            "Normalisation or residual connections between layers, weights of full rank to begin with, a "
            "smaller learning rate or weight decay.",
            tensor=one.key,
        )


def _looks(record: TrainingRecord, key: str, *, collapsed: bool = False) -> int:
    """At how many of the last looks the same held, without a gap."""
    count = 0
    looks = [one for step in record.steps for one in step.features if one.key == key]
    for one in reversed(looks):
        twins = one.units and one.twins / one.units >= Limits.twin_few_share
        if not (one.rank is not None and one.rank <= Limits.rank_floor if collapsed else twins):
            break
        count += 1
    return count
