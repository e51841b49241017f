"""Updates that are too large or too small for their weights, or that lead uphill."""

from collections.abc import Iterator

import numpy as np

from ipo.inspector.findings.finding import Finding, Severity
from ipo.inspector.findings.record import TrainingRecord
from ipo.inspector.findings.thresholds import Limits


def ratios(record: TrainingRecord) -> dict[str, float]:
    """The median of update over weight by weight, of the last steps; those without a gradient left out."""
    found = {}
    for one in record.now.weights:
        if one.trainable and one.optimized and one.gradient:
            ratio = record.median(one.key, Limits.update_warm_up, lambda each: each.ratio)
            if ratio is not None:
                found[one.key] = ratio
    return found


def large_updates(record: TrainingRecord) -> Iterator[Finding]:
    """Weights are overwritten within a few steps."""
    if len(record.losses) < 2 * Limits.update_warm_up:
        return
    found = ratios(record)
    large = [key for key, ratio in found.items() if ratio > Limits.update_large]
    if not large:
        return
    largest = max(large, key=lambda key: found[key])
    yield Finding(
        "large_updates",
        Severity.WARNING,
        "updates",
        f"Updates are large for their weights, most of all those of {largest}.",
        f"{found[largest]:.2g} of the weight at each step, {len(large)} of {len(found)} weights above "
        f"{Limits.update_large:g}; about 0.001 is usual",
        "A smaller learning rate, a warm-up; larger weights to begin with if they are tiny.",
        tensor=f"{largest}_update",
    )


def small_updates(record: TrainingRecord) -> Iterator[Finding]:
    """Weights that have a gradient hardly move."""
    if len(record.losses) < 2 * Limits.update_warm_up:
        return
    found = ratios(record)
    small = [key for key, ratio in found.items() if ratio < Limits.update_small]
    if not small:
        return
    smallest = min(small, key=lambda key: found[key])
    yield Finding(
        "small_updates",
        Severity.WARNING,
        "updates",
        f"Weights hardly move, least of all {smallest}.",
        f"{found[smallest]:.2g} of the weight at each step, {len(small)} of {len(found)} weights below "
        f"{Limits.update_small:g}; about 0.001 is usual",
        "A larger learning rate; where only the first layers stand still, see to their gradients.",
        tensor=f"{smallest}_update",
    )


def wrong_loss_sign(record: TrainingRecord) -> Iterator[Finding]:
    """The loss is the negative of a usual one, or the optimizer goes up the gradient."""
    now = record.now
    if now.examples.sign < 0:
        yield Finding(
            "wrong_loss_sign",
            Severity.CRITICAL,
            "the loss",
            f"The loss is the negative {now.examples.kind} of the output: the training makes it worse.",
            f"loss {now.loss:.4g}, {now.examples.kind} {-now.loss:.4g}",
            "Turn its sign around, or drop `maximize=True` of the optimizer where both are turned.",
            tensor="loss",
        )
    steps = record.last(Limits.uphill_steps)
    if len(steps) < Limits.uphill_steps:
        return
    means = []
    for step in steps:
        descents = [one.descent for one in step.weights if one.descent is not None]
        means.append(float(np.mean(descents)) if descents else None)
    if all(mean is not None and mean < Limits.uphill_cosine for mean in means):
        steepest = min(now.weights, key=lambda one: one.descent or 0)
        yield Finding(
            "wrong_loss_sign",
            Severity.CRITICAL,
            "the optimizer",
            "The optimizer goes up the gradient: steps make the loss larger.",
            f"mean cosine of updates and descent {means[-1]:+.2f} in the last {len(steps)} steps",
            "Turn the sign of the loss or of the update around; see `maximize` and the learning rate.",
            tensor=f"{steepest.key}_update",
        )
