"""A tensor of which there is a summary: the histogram of its sample, means of its channels, its numbers."""

import numpy as np

from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import TensorSpec
from ipo.inspector.summaries.summary import TensorSummary
from ipo.proportions import percent
from ipo.ui.components.tensors.figure import Colours, Figure, TensorId, bars


def summary_figures(
    session: str, snapshot: Snapshot, spec: TensorSpec, place: int, noun: str
) -> list[Figure]:
    """A histogram, and the mean of the sampled values of each channel: of axis `place`, in words a `noun`."""
    summary = snapshot.summaries[spec.key]
    counts, edges = summary.histogram
    span = f"{edges[0]:.2g} to {edges[-1]:.2g}".replace("-", "−")
    name = f"{span}: {spec.label}"
    id_ = TensorId(session, snapshot.step, f"{spec.key} histogram")
    figures = [bars(name, counts, id_, axis="bin")]
    if 1 < summary.shape[place] <= len(summary.sample):
        means, _ = summary.channel_means(place)
        id_ = TensorId(session, snapshot.step, f"{spec.key} means")
        name = f"{spec.label}: mean of the sampled values of each {noun}"
        values = means.astype(np.float32)
        figures.append(bars(name, values, id_, axis=noun, colours=Colours.DIVERGING))
    return figures


def channel_axis(key: str, axes: int) -> int:
    """Outputs have their channels last, those of convolutions second; parameters have theirs first."""
    if "/output" not in key:
        return 0
    return 1 if axes >= 4 else axes - 1


def in_words(summary: TensorSummary) -> str:
    """Its numbers, with what they are of."""
    norm = f"norm {summary.length:.4g} " + ("of all values" if summary.norm is not None else "(estimated)")
    shape = " × ".join(map(str, summary.shape))
    says = (
        f"a summary of {shape}: {norm}; of {len(summary.sample):,} sampled values mean {summary.mean:.4g}, "
        f"sd {summary.sd:.4g}, largest |x| {summary.absmax:.4g}, {percent(summary.zeros, 1)} zeros, "
        f"{summary.not_finite} not finite."
    )
    return says.replace("-", "−")
