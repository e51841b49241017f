"""How held-out accuracy went from fit to fit."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ipo.ui.figures.base import BLUE, GREY, add_band, add_line, figure
from ipo.value.scores import Score

_WHOLE = 8  # generations below which each gets its tick


def history_figure(generations: Sequence[int], rows: Sequence[int], scores: Sequence[Score]) -> go.Figure:
    """Held-out accuracy with 95 % intervals and the majority baseline, against generation."""
    chart = figure("generation", "held-out accuracy")
    x = np.asarray(generations, np.float32)
    accuracy, majority = np.array([[s.accuracy.share, s.baseline] for s in scores]).T
    low, high = np.array([s.accuracy.interval for s in scores]).T
    add_band(chart, x, low, high, BLUE)
    add_line(
        chart,
        x,
        accuracy,
        "Ridge, five folds",
        BLUE,
        marker={"size": 5 if len(x) < 60 else 3},
        customdata=[[str(s.accuracy), row] for s, row in zip(scores, rows, strict=True)],
        hovertemplate="%{customdata[0]}, %{customdata[1]} rows<extra></extra>",
    )
    add_line(
        chart,
        x,
        majority,
        "majority",
        GREY,
        mode="lines",
        line={"color": GREY, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
    )
    chart.update_xaxes(tickformat="d", nticks=8)
    chart.update_yaxes(tickformat=".0%")
    if x[-1] - x[0] < _WHOLE:
        chart.update_xaxes(dtick=1, range=[float(x[0]) - 0.5, float(x[-1]) + 0.5])
    return chart
