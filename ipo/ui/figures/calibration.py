"""Held-out values against the share of Good that was observed."""

import numpy as np
import plotly.graph_objects as go

from ipo.ui.figures.base import BLUE, GREY, add_line, figure, small
from ipo.value.curves import Calibration


def calibration_figure(found: Calibration) -> go.Figure:
    """Bins with 95 % Wilson intervals, and the line on which values mean what they say."""
    chart = figure("held-out value", "share of Good")
    reach = max(1.0, float(np.abs(found.value).max())) * 1.05
    add_line(
        chart,
        np.array([-reach, -1, 1, reach]),
        np.array([0, 0, 1, 1]),
        "perfect",
        GREY,
        mode="lines",
        line={"color": GREY, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
    )
    add_line(
        chart,
        found.value,
        found.share,
        "observed, 95 %",
        BLUE,
        marker={"size": 7},
        line={"color": BLUE, "width": 1},
        error_y={
            "array": small(found.high - found.share),
            "arrayminus": small(found.share - found.low),
            "thickness": 1.5,
            "width": 3,
            "color": BLUE,
        },
        customdata=np.stack([found.low, found.high, found.rows], axis=1).astype(np.float32),
        hovertemplate="%{y:.2f} [%{customdata[0]:.2f}, %{customdata[1]:.2f}] of %{customdata[2]:.0f} rows"
        "<extra></extra>",
    )
    chart.update_xaxes(range=[-reach, reach], tickformat="+.1f", dtick=0.5)
    chart.update_yaxes(range=[-0.04, 1.04], tickformat=".1f", dtick=0.2)
    return chart
