"""Gradients that get lost on their way to the first layers, or grow on it, and numbers that are none."""

from collections.abc import Iterator

import numpy as np

from ipo.inspector.findings.finding import Finding, Severity
from ipo.inspector.findings.record import TrainingRecord
from ipo.inspector.findings.thresholds import Limits

LOOKED_AT = 10  # steps whose median is compared
FIRST = 10  # steps that growth is compared with


def not_finite(record: TrainingRecord) -> Iterator[Finding]:
    """A tensor has a NaN, or is infinite where that ends a run."""
    now = record.now
    if now.broken:
        yield Finding(
            "not_finite",
            Severity.CRITICAL,
            now.broken_tensor or "the step",
            "A tensor of the training is not a finite number.",
            now.broken,
            "Rewind and look at the steps before: a smaller learning rate, clipped gradients, and an "
            "epsilon in divisions, roots and logarithms are what helps.",
            tensor=now.broken_tensor,
        )


def vanishing_gradients(record: TrainingRecord) -> Iterator[Finding]:
    """Of the weights in order of depth, the first half has a tiny part of the gradient of the last ones."""
    steps = record.last(LOOKED_AT)
    sizes = _medians([{one.key: one.gradient for one in step.weights if one.trainable} for step in steps])
    if len(steps) < LOOKED_AT or len(sizes) < 2:
        return
    keys = list(sizes)
    early, late = keys[: len(keys) // 2], keys[len(keys) // 2 :]
    smallest = min(early, key=lambda key: sizes[key])
    largest = max(late, key=lambda key: sizes[key])
    if not 0 < sizes[smallest] < Limits.vanishing_ratio * sizes[largest]:
        return
    ratio = sizes[smallest] / sizes[largest]
    yield Finding(
        "vanishing_gradients",
        Severity.CRITICAL,
        "gradients by depth",
        f"The gradient vanishes on its way back to {smallest}.",
        f"{sizes[smallest]:.2g} there, {sizes[largest]:.2g} at {largest}: {ratio:.1g} of it; below "
        f"{Limits.vanishing_ratio:g} early layers hardly learn",
        "ReLU or its kin in place of sigmoid and tanh, He or Xavier weights to begin with, "
        "normalisation, residual connections, fewer layers.",
        tensor=f"{smallest}_gradient",
    )


def exploding_gradients(record: TrainingRecord) -> Iterator[Finding]:
    """The gradient grows from layer to layer on its way back, or from step to step."""
    yield from _exploding_by_depth(record)
    yield from _exploding_by_step(record)


def _exploding_by_depth(record: TrainingRecord) -> Iterator[Finding]:
    steps = record.last(LOOKED_AT)
    signals = _medians([{one.key: one.signal for one in step.units} for step in steps])
    if len(steps) < LOOKED_AT or len(signals) < 2:
        return
    keys = list(signals)
    first, last = keys[0], keys[-1]
    if signals[first] <= Limits.exploding_ratio * signals[last]:
        return
    yield Finding(
        "exploding_gradients",
        Severity.CRITICAL,
        "gradients by depth",
        f"The gradient explodes on its way back to {first}.",
        f"{signals[first]:.2g} there, {signals[last]:.2g} at {last}: {signals[first] / signals[last]:.2g} "
        f"times as much; above {Limits.exploding_ratio:g} layers do not learn at one rate",
        "Smaller weights to begin with (He or Xavier), normalisation, residual connections; clip the "
        "gradient.",
        tensor=f"{first}_gradient",
    )


def _exploding_by_step(record: TrainingRecord) -> Iterator[Finding]:
    first = [one.gradient for one in record.steps[:FIRST] if one.gradient is not None]
    now = record.now.gradient
    if len(record.steps) <= FIRST or len(first) < FIRST // 2 or now is None:
        return
    usual = float(np.median(first))
    if usual and now > Limits.exploding_growth * usual:
        largest = max(record.now.parameters, key=lambda one: one.gradient or 0)
        yield Finding(
            "exploding_gradients",
            Severity.CRITICAL,
            "gradients over steps",
            "The gradient explodes from step to step.",
            f"{now:.2g}, {now / usual:.2g} times what it was at first ({usual:.2g})",
            "A smaller learning rate, a warm-up, clipped gradients.",
            tensor=f"{largest.key}_gradient",
        )


def _medians(rows: list[dict[str, float | None]]) -> dict[str, float]:
    """By key in the order of the last row, of those that most rows have."""
    found = {}
    for key in rows[-1] if rows else ():
        values = [value for row in rows if (value := row.get(key)) is not None]
        if 2 * len(values) > len(rows):
            found[key] = float(np.median(values))
    return found
