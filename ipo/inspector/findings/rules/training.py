"""Running statistics that jump, and schedulers that stand still."""

from collections.abc import Iterator

import numpy as np

from ipo.inspector.findings.finding import Finding, Severity
from ipo.inspector.findings.record import TrainingRecord
from ipo.inspector.findings.thresholds import Limits


def drifting_statistics(record: TrainingRecord) -> Iterator[Finding]:
    """Running means that follow each batch: in evaluation they are those of the last few."""
    steps = record.last(Limits.drift_steps)
    if len(record.losses) < 2 * Limits.drift_steps or len(steps) < Limits.drift_steps:
        return
    found = []
    for one in record.now.normalizations:
        moves = [other for step in steps for other in step.normalizations if other.layer == one.layer]
        turns = [other.turn for other in moves if other.turn is not None]
        shifts = [other.shift for other in moves if other.shift is not None]
        if 2 * min(len(turns), len(shifts)) > len(steps):
            turn, shift = float(np.mean(turns)), float(np.median(shifts))
            if turn < Limits.drift_turns and shift > Limits.drift_shift:
                found.append((shift, turn, one))
    if not found:
        return
    shift, turn, worst = max(found, key=lambda each: each[0])
    says = "a cumulative average" if worst.momentum is None else f"momentum {worst.momentum:g}"
    yield Finding(
        "drifting_statistics",
        Severity.WARNING,
        "running statistics",
        f"Running statistics jump with each batch, most of all those of layer {worst.layer}.",
        f"means move by {shift:.2g} standard deviations a step and back again ({says}, cosine of two moves "
        f"{turn:+.2f}), in {len(found)} of {len(record.now.normalizations)} layers",
        "A smaller momentum (0.1 is usual: it is the weight of the new batch), larger batches; layer or "
        "group normalisation for small ones.",
        tensor=f"{worst.layer}/output",
    )


def idle_scheduler(record: TrainingRecord) -> Iterator[Finding]:
    """A scheduler that was never stepped, although an epoch is over."""
    now = record.now
    if len(record.losses) < Limits.schedule_steps or (now.epoch is not None and now.epoch < 1):
        return
    for scheduler in now.schedulers:
        if scheduler.steps <= 0 and len({one.rates for one in record.steps}) == 1:
            yield Finding(
                "idle_scheduler",
                Severity.WARNING,
                scheduler.name,
                f"The scheduler {scheduler.name} never moves: nobody calls its `step()`.",
                f"{len(record.losses)} steps"
                + ("" if now.epoch is None else f", {now.epoch + 1} epochs begun")
                + f", learning rate {', '.join(f'{rate:g}' for rate in now.rates)} throughout",
                "Call `scheduler.step()` after each optimizer step, or after each epoch, as it is meant.",
                tensor="loss",
            )
