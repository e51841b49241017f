"""Labels that a model which knows its classes contradicts with confidence."""

from collections.abc import Iterator

import numpy as np

from ipo.inspector.findings.finding import Finding, Severity
from ipo.inspector.findings.measures import Bits, StepMeasures
from ipo.inspector.findings.record import TrainingRecord
from ipo.inspector.findings.thresholds import Limits
from ipo.proportions import percent

NAMED_ROWS = 8


def wrong_labels(record: TrainingRecord) -> Iterator[Finding]:
    """Rows whose label is one class while the model is sure of another one."""
    steps = record.last(Limits.label_batches)
    if len(steps) < Limits.label_batches:
        return
    right, contradicted = [], []
    for step in steps:
        bits = _contradicted(step)
        if bits is None or step.batch is None:
            return
        right.append(step.examples.predicted == step.batch.labels)
        contradicted.append(bits)
    accuracy, share = (float(np.concatenate(parts).mean()) for parts in (right, contradicted))
    if accuracy < Limits.label_accuracy or share < Limits.label_share:
        return
    examples, batch = record.now.examples, record.now.batch
    assert batch is not None and batch.labels is not None
    assert examples.predicted is not None and examples.confidence is not None
    rows = np.flatnonzero(contradicted[-1])
    rows = rows[np.argsort(-examples.confidence[rows], kind="stable")][:NAMED_ROWS]
    first = ""
    if len(rows):
        at = rows[0]
        first = (
            f"; row {at} is labelled {batch.labels[at]}, and the model says {examples.predicted[at]} with "
            f"{examples.confidence[at]:.3f}"
        )
    yield Finding(
        "wrong_labels",
        Severity.WARNING,
        "labels",
        "Labels look wrong: the model is sure of another class, and right about most rows.",
        f"{percent(share, 1)} of the labels in the last {len(steps)} batches, where it is right about "
        f"{percent(accuracy)}{first}",
        "Look at these rows, and at how labels and inputs were joined: a shuffle of one of them, an "
        "offset, a mapping of classes.",
        tensor="batch_images",
        rows=tuple(map(int, rows)),
    )


def _contradicted(step: StepMeasures) -> Bits | None:
    """`None` where the step has no labels or no probabilities."""
    examples, batch = step.examples, step.batch
    if batch is None or batch.labels is None or examples.predicted is None or examples.confidence is None:
        return None
    if examples.losses is None or not 0 < len(batch.labels) == len(examples.predicted):
        return None
    given = np.exp(-examples.losses)  # what the model gives to the label
    sure = (given < Limits.label_given) & (examples.confidence > Limits.label_confidence)
    contradicted: Bits = (examples.predicted != batch.labels) & sure
    return contradicted
