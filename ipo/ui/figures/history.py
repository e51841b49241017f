"""How the train score went from fit to fit."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ipo.ui.figures.base import BLUE, GREY, add_band, add_line, figure
from ipo.value.scores import Score

_WHOLE = 8  # generations below which each gets its tick


def history_figure(generations: Sequence[int], rows: Sequence[int], scores: Sequence[Score]) -> go.Figure:
    """Held-out accuracy ± standard error and the majority baseline, against generation."""
    chart = figure("generation", "train score")
    x = np.asarray(generations, np.float32)
    accuracy, error, majority = np.array([[s.accuracy, s.accuracy_se, s.baseline] for s in scores]).T
    add_band(chart, x, accuracy - error, accuracy + error, BLUE)
    add_line(
        chart,
        x,
        accuracy,
        "Ridge, five folds",
        BLUE,
        marker={"size": 5 if len(x) < 60 else 3},
        customdata=np.stack([error, np.asarray(rows)], axis=1).astype(np.float32),
        hovertemplate="%{y:.3f} ± %{customdata[0]:.3f}, %{customdata[1]:.0f} rows<extra></extra>",
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
    chart.update_yaxes(tickformat=".2f")
    if x[-1] - x[0] < _WHOLE:
        chart.update_xaxes(dtick=1, range=[float(x[0]) - 0.5, float(x[-1]) + 0.5])
    return chart
