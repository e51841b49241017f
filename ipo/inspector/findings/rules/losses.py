"""The course of the loss: spikes with the rows that made them, swings, and a loss that does not fall."""

from collections.abc import Iterator

import numpy as np

from ipo.inspector.findings.finding import Finding, Severity
from ipo.inspector.findings.record import TrainingRecord
from ipo.inspector.findings.rules.updates import ratios
from ipo.inspector.findings.thresholds import Limits
from ipo.proportions import percent

NAMED_ROWS = 8
TO_DEVIATION = 1.4826  # a median of absolute deviations as a standard deviation
CHANCE = 0.02  # of the logarithm of the classes, within which a model guesses


def loss_spike(record: TrainingRecord) -> Iterator[Finding]:
    """The loss of this batch stands out from those before."""
    window = np.array(record.losses[-int(Limits.spike_window) - 1 : -1])
    loss, first = record.now.loss, record.first_loss
    if len(window) < Limits.spike_window or not np.isfinite([*window, loss]).all() or first is None:
        return
    usual = float(np.median(window))
    deviation = TO_DEVIATION * float(np.median(np.abs(window - usual)))
    above = loss - usual
    if above <= Limits.spike_deviations * deviation or above <= (Limits.spike_ratio - 1) * abs(usual):
        return
    rows, which, missing = _worst_rows(record)
    yield Finding(
        "loss_spike",
        Severity.WARNING if above >= Limits.spike_share * abs(first) else Severity.NOTE,
        "the loss",
        f"The loss leaps{which}.",
        f"{loss:.4g}, where {usual:.4g} was usual in the last {len(window)} steps",
        "Look at these rows: a wrong label, a broken image, another scale. Else a smaller learning rate "
        "or clipped gradients.",
        tensor="batch_images",
        rows=rows,
        missing=missing,
    )


def oscillating_loss(record: TrainingRecord) -> Iterator[Finding]:
    """The loss swings from step to step, and updates take back what the ones before did."""
    count = int(Limits.oscillating_steps)
    losses, first = np.array(record.losses[-count:]), record.first_loss
    if len(losses) < count or len(record.losses) < count + 10 or first is None:
        return
    if not np.isfinite(losses).all():
        return
    changes = np.diff(losses)
    if float(np.mean(changes[1:] * changes[:-1] < 0)) < Limits.oscillating_share:
        return
    swing = float(np.median(np.abs(changes))) / max(abs(first), 1e-12)
    halves = [float(np.median(half)) for half in np.split(losses, 2)]
    turns = [
        one.turn
        for step in record.last(count)
        for one in step.weights
        if one.turn is not None and one.trainable
    ]
    turning = float(np.median(turns)) if turns else 0.0
    if swing < Limits.oscillating_swing and not (
        turning < Limits.oscillating_turns and halves[1] >= 0.9 * halves[0] and losses.min() > 0.1 * first
    ):
        return
    yield Finding(
        "oscillating_loss",
        Severity.WARNING,
        "the loss",
        "The loss oscillates: steps overshoot, and the next ones take them back.",
        f"it swings by {percent(swing)} of the first loss ({first:.3g}) from step to step; mean cosine of an "
        f"update and the one before {turning:+.2f}",
        "A smaller learning rate, less momentum, a warm-up or a schedule, larger batches.",
        tensor="loss",
    )


def slow_learning(record: TrainingRecord) -> Iterator[Finding]:
    """The loss has not fallen since the training began."""
    losses, first = record.losses, record.first_loss
    if len(losses) < Limits.slow_steps or first is None:
        return
    recent = np.array(losses[-20:])
    if not np.isfinite(recent).all():
        return
    now = float(np.median(recent))
    if now < first - Limits.slow_decrease * abs(first):
        return
    found = ratios(record)
    usual = float(np.median(list(found.values()))) if found else None
    small = usual is not None and usual < Limits.slow_update
    evidence = f"{now:.4g} in the last 20 steps, {first:.4g} in the first 10"
    if usual is not None:
        evidence += f"; updates are {usual:.1g} of the weights, about 0.001 is usual"
    classes = _classes(record)
    if (
        classes > 1
        and record.now.examples.kind == "cross entropy"
        and abs(now - np.log(classes)) < CHANCE * now
    ):
        evidence += f"; as good as guessing among {classes} classes ({np.log(classes):.4g})"
    yield Finding(
        "slow_learning",
        Severity.WARNING,
        "the loss",
        "The loss does not fall: steps are too small." if small else "The loss does not fall.",
        evidence,
        "A larger learning rate."
        if small
        else "See what else is found here. Else: can the model learn one batch by heart? If not, look for an "
        "error in model, loss or labels; if so, at the data and the learning rate.",
        tensor="loss",
    )


def _worst_rows(record: TrainingRecord) -> tuple[tuple[int, ...], str, str]:
    """The rows with most of the loss, in words too, and what could not be had of them."""
    examples = record.now.examples
    if examples.losses is not None and np.isfinite(examples.losses).all() and len(examples.losses):
        rows = np.argsort(-examples.losses, kind="stable")[:NAMED_ROWS]
        share = float(examples.losses[rows[0]] / max(float(examples.losses.sum()), 1e-12))
        return tuple(map(int, rows)), f", and row {rows[0]} has {percent(share)} of it", ""
    missing = record.now.missing.get("loss of each row", "")
    missing = f"The loss of each row could not be had: {missing}." if missing else ""
    if examples.gradients is not None and np.isfinite(examples.gradients).all() and len(examples.gradients):
        rows = np.argsort(-examples.gradients, kind="stable")[:NAMED_ROWS]
        return tuple(map(int, rows)), f", and row {rows[0]} has the largest gradient", missing
    return (), "", missing


def _classes(record: TrainingRecord) -> int:
    """How many classes the labels of the window have."""
    labels = [
        one.batch.labels for one in record.steps if one.batch is not None and one.batch.labels is not None
    ]
    return len(np.unique(np.concatenate(labels))) if labels else 0
