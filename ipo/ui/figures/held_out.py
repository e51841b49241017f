"""What held-out labels say of the model: accuracy as it went with more labels, and the confusion matrix."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ipo.digits.statistics import Milestone
from ipo.ui.figures.base import BLUE, add_line, figure, small

HEIGHT = 300
_NAMED = 12  # classes up to which each cell says its number
_LONGEST = 12  # letters of a name beside the matrix


def accuracy_figure(milestones: Sequence[Milestone]) -> go.Figure:
    """Accuracy with 95 % Wilson intervals against the labels that taught, a line for each model."""
    chart = figure("labels that taught", "held-out accuracy", height=HEIGHT)
    for model, group in enumerate(_by_model(milestones)):
        share = np.array([one.accuracy.share for one in group])
        low, high = np.array([one.accuracy.interval for one in group]).T
        add_line(
            chart,
            np.array([one.labels for one in group]),
            share,
            f"model {model + 1}",
            BLUE,
            error_y={
                "array": small(high - share),
                "arrayminus": small(share - low),
                "thickness": 1.5,
                "width": 3,
                "color": BLUE,
            },
            customdata=[[one.run, str(one.accuracy)] for one in group],
            hovertemplate="run %{customdata[0]}: %{customdata[1]}<extra></extra>",
        )
    chart.update_xaxes(rangemode="tozero", tickformat="d")
    chart.update_yaxes(tickformat=".0%", range=[0, 1.02])
    chart.update_layout(showlegend=False, margin_t=8)
    return chart


def confusion_figure(counts: NDArray[np.int64], names: Sequence[str]) -> go.Figure:
    """Held-out labels (rows) against predictions (columns) `(K, K)`; shades are shares of a row."""
    chart = figure("predicted", "your label", height=HEIGHT)
    places = list(range(len(names)))
    totals = np.maximum(counts.sum(1, keepdims=True), 1)
    short = [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in names]
    chart.add_heatmap(
        x=places,
        y=places,
        z=small(counts / totals),
        zmin=0,
        zmax=1,
        text=[[f"{count:,}" if count else "" for count in row] for row in counts.tolist()],
        texttemplate="%{text}" if len(names) <= _NAMED else None,
        textfont_size=11,
        customdata=[[[mine, guess, count] for guess, count in zip(names, row, strict=True)]
                    for mine, row in zip(names, counts.tolist(), strict=True)],
        hovertemplate="labelled %{customdata[0]}, predicted %{customdata[1]}: %{customdata[2]:,}"
        "<extra></extra>",
        colorscale=[[0, "rgba(42,134,200,0)"], [1, "rgba(42,134,200,0.85)"]],
        showscale=False,
        xgap=1,
        ygap=1,
    )  # fmt: skip
    chart.update_xaxes(tickvals=places, ticktext=short, constrain="domain")
    chart.update_yaxes(tickvals=places, ticktext=short, nticks=None, autorange="reversed")
    chart.update_layout(hovermode="closest", margin_t=8)
    return chart


def _by_model(milestones: Sequence[Milestone]) -> list[list[Milestone]]:
    groups: list[list[Milestone]] = []
    for one in milestones:
        if one.first_of_model or not groups:
            groups.append([])
        groups[-1].append(one)
    return groups
