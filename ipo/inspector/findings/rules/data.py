"""Data that come sorted, in the same order again, or from what was held out."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ipo.inspector.findings.finding import Finding, Severity
from ipo.inspector.findings.record import TrainingRecord
from ipo.inspector.findings.thresholds import Limits
from ipo.proportions import percent

LEAST_ROWS = 4  # of a batch, for its labels to say something
LEAST_LEAKED = 3  # rows: a few images are in many collections twice

_SHUFFLE = "Shuffle at each epoch: `DataLoader(shuffle=True)`, or a sampler that draws anew."


def unshuffled_data(record: TrainingRecord) -> Iterator[Finding]:
    """Batches of few classes while there are many, or the same batches in the same order again."""
    yield from _sorted(record)
    yield from _repeated(record)


def leaked_rows(record: TrainingRecord) -> Iterator[Finding]:
    """Rows of the evaluation that are trained on, equal bit for bit."""
    held, leaked = len(record.held_out), len(record.trained_held_out)
    if leaked < max(LEAST_LEAKED, Limits.leak_share * held):
        return
    batch = record.now.batch
    rows: tuple[int, ...] = ()
    if batch is not None and batch.digests is not None:
        rows = tuple(at for at, one in enumerate(batch.digests.tolist()) if one in record.held_out)
    yield Finding(
        "leaked_rows",
        Severity.CRITICAL,
        "held-out data",
        "Rows of the evaluation are trained on: its numbers are too good.",
        f"{leaked} of {held} held-out rows so far, {percent(leaked / held, 1)}",
        "Split before anything else is done to the data, by what rows are of (person, document, day), "
        "and drop duplicates first.",
        tensor="batch_images",
        rows=rows[:8],
    )


def _sorted(record: TrainingRecord) -> Iterator[Finding]:
    steps = [one.batch for one in record.steps if one.batch is not None and one.batch.labels is not None]
    labels = [one.labels for one in steps if one.labels is not None and len(one.labels) >= LEAST_ROWS]
    if len(labels) < Limits.sorted_batches:
        return
    looked = labels[-int(Limits.sorted_batches) :]
    all_together = _entropy(np.concatenate(labels))
    expected = min(all_together, float(np.log(np.median([len(one) for one in looked]))))
    found = float(np.mean([_entropy(one) for one in looked]))
    if all_together < 0.1 or found >= Limits.sorted_entropy * expected:
        return
    kinds = float(np.mean([len(np.unique(one)) for one in looked]))
    yield Finding(
        "unshuffled_data",
        Severity.WARNING,
        "labels of batches",
        "Batches are sorted: each has few of the classes.",
        f"{kinds:.1f} classes in a batch of the last {len(looked)}, "
        f"{len(np.unique(np.concatenate(labels)))} in all; entropy {found:.2f}, {expected:.2f} if shuffled",
        _SHUFFLE,
        tensor="batch_labels",
    )


def _repeated(record: TrainingRecord) -> Iterator[Finding]:
    count = int(Limits.repeat_batches)
    digests = record.digests
    if len(digests) <= count or any(one is None for one in digests[-count:]):
        return
    last = digests[-1]
    earlier = next((at for at in range(len(digests) - 2, -1, -1) if digests[at] == last), None)
    if earlier is None or earlier < count - 1:
        return
    period = len(digests) - 1 - earlier
    if digests[-count:] != digests[earlier - count + 1 : earlier + 1]:
        return
    alone = period == 1
    yield Finding(
        "unshuffled_data",
        Severity.NOTE if alone else Severity.WARNING,
        "order of batches",
        "One batch comes again and again." if alone else "The same batches come again in the same order.",
        "the same rows at each step" if alone else f"every {period} steps, the last {count} of them alike",
        "Nothing, if all the data are one batch or it is to be learnt by heart; else see to the loader."
        if alone
        else _SHUFFLE,
        tensor="batch_images",
    )


def _entropy(labels: NDArray[np.int64]) -> float:
    shares = np.unique(labels, return_counts=True)[1] / max(len(labels), 1)
    return float(-(shares * np.log(shares)).sum())
