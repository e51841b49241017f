"""Held-out accuracy against number of labels."""

import numpy as np
import plotly.graph_objects as go

from ipo.ui.figures.base import BLUE, GREY, add_band, add_line, figure
from ipo.value.curves import LearningCurve


def learning_figure(curve: LearningCurve) -> go.Figure:
    """Ridge with 95 % intervals and the majority baseline, on a log scale of labels."""
    chart = figure("labels", "held-out accuracy")
    sizes = np.log10(curve.sizes)
    add_band(chart, curve.sizes, curve.low, curve.high, BLUE)
    add_line(
        chart,
        curve.sizes,
        curve.accuracy,
        "Ridge",
        BLUE,
        customdata=np.stack([curve.low, curve.high], axis=1).astype(np.float32),
        hovertemplate="%{y:.0%} (%{customdata[0]:.0%}–%{customdata[1]:.0%})",
    )
    add_line(
        chart,
        curve.sizes,
        curve.baseline,
        "majority",
        GREY,
        mode="lines",
        line={"color": GREY, "width": 1.5, "dash": "dash"},
        hovertemplate="%{y:.0%}",
    )
    chart.update_xaxes(
        type="log",
        tickvals=curve.sizes.astype(np.float32),
        ticktext=[str(size) for size in curve.sizes],
        range=[sizes[0] - 0.04, sizes[-1] + 0.04],
    )
    chart.update_yaxes(tickformat=".0%")
    return chart
