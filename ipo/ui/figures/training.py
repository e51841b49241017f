"""Loss and accuracy of a training, epoch by epoch."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ipo.digits.epoch_metrics import EpochMetrics, column, held_out_accuracy
from ipo.ui.figures.base import BLUE, GREY, ORANGE, small


@dataclass(frozen=True)
class Term:
    """One term of the loss, and how it is drawn."""

    label: str
    colour: str
    weight: str = ""  # the knob that it is multiplied by


@dataclass(frozen=True)
class LossPoint:
    """Weighted terms and the total over a few seconds of training."""

    epochs: float  # that were done by then, the one under way in part
    weighted: Mapping[str, float]


# Colours of Okabe & Ito, as far as they are told apart on light and on dark.
TERMS = {
    "recon": Term("reconstruction", BLUE, "recon_weight"),
    "kl": Term("KL", ORANGE, "kl_weight"),
    "label": Term("labels", "#0A9A6E", "label_weight"),
    "consistency": Term("consistency", "#B85C94", "consistency_weight"),
    "contrast": Term("contrast", "#C8453B", "contrast_weight"),
    "map": Term("map", "#7A6FD0"),
}
TOTAL = "loss"
_DASHED = {"train": "solid", "val": "dash"}
_HELD_OUT = {"train": "", "val": ", held out"}
_FONT = 12
_ROUNDING = 1e-6  # of a point at the very end of an epoch
_TICKS = [float(f"{digit}e{power}") for power in range(-6, 7) for digit in (1, 2, 5)]  # of a log axis
_LOSS, _ACCURACY = [0.37, 1.0], [0.0, 0.31]  # of the height
_LEAST = 0.02  # that an axis of accuracies spans
_ROOM = 0.1  # of what it spans, beyond either end
_WHOLE = 12  # epochs below which each gets its tick


@dataclass(frozen=True)
class Mark:
    """Something that happened while a model trained."""

    epochs: float  # that were done by then, the one under way in part
    text: str
    symbol: str  # of plotly


def training_figure(
    history: Sequence[EpochMetrics],
    terms: Collection[str],
    *,
    points: Sequence[LossPoint] = (),
    marks: Sequence[Mark] = (),
    logarithmic: bool,
    height: int,
) -> go.Figure:
    """The total, in the colour of text, and weighted `terms`; below, held-out accuracy; against epoch.

    Where there are `points` within an epoch, they are its training curve.
    """
    chart = go.Figure()
    epochs = column_of(history)
    for part in ("train", "val"):
        for name in (*terms, TOTAL):
            label, colour, width = _look(name)
            values = weighted(history, part, name)
            if part == "train":
                x, y = _with_points(epochs, values, points, name)
                _add(chart, x, y, label, colour, part, width)
            else:
                _add(chart, epochs, values, label, colour, part, width)
    _add_accuracy(chart, history)
    _add_marks(chart, marks)
    chart.update_layout(
        height=height,
        margin={"l": 4, "r": 10, "t": 8, "b": 4},
        font_size=_FONT,
        hovermode="x unified",
        hoversubplots="axis",
        dragmode=False,
        showlegend=False,
    )
    chart.update_layout(  # one axis for both, so that a hover reads both
        xaxis={"showgrid": False, "zeroline": False, "tickformat": "d", "anchor": "y2"},
        xaxis_title={
            # the other terms need two views, or the graph of a training
            "text": "epoch – thick: total, solid: training, dashed: held out (reconstruction, KL, labels)",
            "font_size": _FONT,
        },
        xaxis_unifiedhovertitle_text="epoch %{x:d}",
        yaxis={"title_text": "loss", "domain": _LOSS},
        yaxis2={"title_text": "held-out accuracy", "domain": _ACCURACY, "tickformat": ".1~%"},
    )
    if len(history) <= _WHOLE:
        first = min([*(epochs[:1] - 0.5), *(np.floor(point.epochs) for point in points[:1])])
        last = max([*(epochs[-1:] + 0.5), *(np.ceil(point.epochs) for point in points[-1:])])
        chart.update_xaxes(dtick=1, range=[float(first), float(last)])
    chart.update_yaxes(zeroline=False, nticks=6, title_font_size=_FONT, automargin=True)
    chart.update_layout(yaxis2_range=accuracy_range([_values(history, "val", "accuracy")]))
    if logarithmic:
        chart.update_layout(
            yaxis={"type": "log", "tickvals": _TICKS, "ticktext": [f"{tick:g}" for tick in _TICKS]}
        )
    return chart


def weighted(history: Sequence[EpochMetrics], part: str, term: str) -> NDArray[np.float32]:
    """A term times its weight `(epochs,)`; NaN where an epoch does not have it."""
    knob = "" if term == TOTAL else TERMS[term].weight
    # epochs of older versions do not have every knob
    weights = [epoch.knobs.get(knob, np.nan) if knob else 1.0 for epoch in history]
    values: NDArray[np.float32] = _values(history, part, term) * np.asarray(weights, np.float32)
    return values


def column_of(history: Sequence[EpochMetrics]) -> NDArray[np.float32]:
    """The numbers of the epochs."""
    return np.asarray([epoch.epoch for epoch in history], np.float32)


def _values(history: Sequence[EpochMetrics], part: str, name: str) -> NDArray[np.float32]:
    return np.asarray([np.nan if v is None else v for v in column(history, part, name)], np.float32)


def _look(name: str) -> tuple[str, str | None, float]:
    """Label, colour and width of a curve. Without a colour it has that of text, in either theme."""
    if name == TOTAL:
        return "total", None, 3
    return TERMS[name].label, TERMS[name].colour, 1.2


def _with_points(
    epochs: NDArray[np.float32], values: NDArray[np.float32], points: Sequence[LossPoint], name: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A curve `(n,)`, `(n,)` in which several points within an epoch stand in for its mean."""
    counts = Counter(_epoch_of(point) for point in points)
    ended = {int(epoch) for epoch in epochs}
    within = {epoch for epoch, count in counts.items() if count > 1 or epoch not in ended}
    whole = [at for at, epoch in enumerate(epochs.tolist()) if int(epoch) not in within]
    points = [point for point in points if _epoch_of(point) in within]
    x = np.concatenate([epochs[whole], np.asarray([point.epochs for point in points], np.float32)])
    seen = [point.weighted.get(name, np.nan) for point in points]
    y = np.concatenate([values[whole], np.asarray(seen, np.float32)])
    order = np.argsort(x, kind="stable")
    return x[order], y[order]


def _epoch_of(point: LossPoint) -> int:
    """The epoch that a point is in, from 1."""
    return int(np.ceil(point.epochs - _ROUNDING))


def _add_marks(chart: go.Figure, marks: Sequence[Mark]) -> None:
    """A thin line through both axes for each, with its words on hover."""
    if not marks:
        return
    for mark in marks:
        chart.add_vline(mark.epochs, line={"width": 1, "dash": "dot", "color": GREY})
    chart.add_scatter(
        x=small(np.asarray([mark.epochs for mark in marks])),
        y=small(np.ones(len(marks))),
        yaxis="y3",
        mode="markers",
        marker={"symbol": [mark.symbol for mark in marks], "size": 9},
        text=[mark.text for mark in marks],
        hovertemplate="%{text}<extra></extra>",
        name="",
    )
    chart.update_layout(yaxis3={"overlaying": "y", "range": [0, 1.02], "visible": False, "fixedrange": True})


def _add(
    chart: go.Figure,
    epochs: NDArray[np.float32],
    values: NDArray[np.float32],
    label: str,
    colour: str | None,
    part: str,
    width: float,
) -> None:
    """One curve of the loss, unless it has nothing to show."""
    if np.isnan(values).all():
        return
    chart.add_scatter(
        x=epochs,
        y=values,
        name=label + _HELD_OUT[part],
        mode="lines" if len(epochs) > 1 else "markers",
        line={"width": width, "dash": _DASHED[part], "color": colour},
        marker={"size": 6, "color": colour},
        hovertemplate="%{y:.4g}",
    )


def _add_accuracy(chart: go.Figure, history: Sequence[EpochMetrics]) -> None:
    chart.add_scatter(
        x=column_of(history),
        y=_values(history, "val", "accuracy"),
        yaxis="y2",
        name="held-out accuracy",
        mode="lines+markers",
        line={"width": 2, "dash": "dash", "color": BLUE},
        marker={"size": 4, "color": BLUE},
        customdata=[str(held_out_accuracy(epoch.val) or "") for epoch in history],
        hovertemplate="%{customdata}",
    )


def accuracy_range(curves: Sequence[NDArray[np.float32]]) -> list[float]:
    """The ends of an axis of accuracies, which reaches to 1."""
    lowest = [float(np.nanmin(values)) for values in curves if not np.isnan(values).all()]
    low = min(1 - _LEAST, *lowest) if lowest else 0.0
    room = (1 - low) * _ROOM
    return [low - room, 1 + room]
