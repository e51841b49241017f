"""One number of two runs, epoch by epoch, on one scale."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ipo.digits.epoch_metrics import EpochMetrics, column
from ipo.ui.figures.base import BLUE, ORANGE, add_line, faint, figure
from ipo.ui.figures.training import accuracy_range

HEIGHT = 300
ACCURACY = "accuracy"  # which only held-out images have

_WHOLE = 12  # epochs below which each gets its tick
_DASH = {"train": "solid", "val": "dash"}


def comparison_figure(
    names: Sequence[str],
    histories: Sequence[Sequence[EpochMetrics]],
    ends: Sequence[str],
    term: str,
    label: str,
    smoothing: float,
) -> go.Figure:
    """`term` without its weight: solid while it trains, dashed on held-out images; `ends`: how each ended.

    With `smoothing` from 0 to 1 each value is that share of the one before; what was measured stays, faint.
    """
    chart = figure("epoch of the run", label, height=HEIGHT)
    drawn = []
    for name, history, end, colour in zip(names, histories, ends, (BLUE, ORANGE), strict=True):
        for part in ("val",) if term == ACCURACY else ("train", "val"):
            values = _values(history, part, term)
            if np.isnan(values).all():
                continue
            smooth = smoothed(values, smoothing)
            drawn.append(smooth)
            part_name = f"{name}, held out" if part == "val" and term != ACCURACY else name
            _add(chart, part_name, smooth, colour, part)
            if smoothing:
                _add(chart, name, values, faint(colour, 0.35), part, showlegend=False, hoverinfo="skip")
            _add_end(chart, smooth, f"{name} {end}", colour)
    if term == ACCURACY:
        chart.update_yaxes(tickformat=".1~%", range=accuracy_range(drawn))
    chart.update_xaxes(tickformat="d")
    if max(map(len, histories)) <= _WHOLE:
        chart.update_xaxes(dtick=1)
    return chart


def smoothed(values: NDArray[np.float32], smoothing: float) -> NDArray[np.float32]:
    """Exponential moving average of `(epochs,)`, from the first value on; NaN stays and moves nothing."""
    smooth, last = values.copy(), np.float32(np.nan)
    for at, value in enumerate(values):
        if not np.isnan(value):
            last = value if np.isnan(last) else smoothing * last + (1 - smoothing) * value
            smooth[at] = last
    return smooth


def _values(history: Sequence[EpochMetrics], part: str, term: str) -> NDArray[np.float32]:
    return np.asarray([np.nan if v is None else v for v in column(history, part, term)], np.float32)


def _add(
    chart: go.Figure, name: str, values: NDArray[np.float32], colour: str, part: str, **more: object
) -> None:
    line = {"color": colour, "width": 2, "dash": _DASH[part]}
    add_line(chart, np.arange(1, len(values) + 1), values, name, colour, line=line, **more)


def _add_end(chart: go.Figure, values: NDArray[np.float32], text: str, colour: str) -> None:
    """A mark on the last value, which says how the run ended."""
    last = int(np.flatnonzero(~np.isnan(values))[-1])
    chart.add_scatter(
        x=[last + 1],
        y=values[last : last + 1],
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 16, "line_width": 2, "color": colour},
        text=[text],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
        name=text,
    )
