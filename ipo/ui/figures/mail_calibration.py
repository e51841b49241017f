"""What became of mails that seemed so probable to be spam, before and after calibration."""

import numpy as np
import plotly.graph_objects as go

from ipo.mail.evaluation.metrics import Reliability
from ipo.proportions import wilson
from ipo.ui.figures.base import BLUE, GREY, add_line, figure, small


def reliability_figure(before: Reliability, after: Reliability, height: int) -> go.Figure:
    """Share of spam by probability in ten bins, with 95 % Wilson intervals, and the line of perfect ones."""
    chart = figure("probability of spam", "share of spam", height=height)
    ends = np.array([0.0, 1.0])
    add_line(
        chart,
        ends,
        ends,
        "perfect",
        GREY,
        mode="lines",
        line={"color": GREY, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
    )
    for name, colour, found in (("before", GREY, before), ("after", BLUE, after)):
        share = found.spam / found.mails
        low, high = wilson(found.spam, found.mails)
        add_line(
            chart,
            found.probability,
            share,
            name,
            colour,
            line={"color": colour, "width": 1},
            marker={"size": 7},
            error_y={
                "array": small(high - share),
                "arrayminus": small(share - low),
                "thickness": 1.2,
                "width": 2,
                "color": colour,
            },
            customdata=np.stack([low, high, found.mails], axis=1).astype(np.float32),
            hovertemplate="%{y:.2f} [%{customdata[0]:.2f}, %{customdata[1]:.2f}] of %{customdata[2]:.0f}"
            f"<extra>{name}</extra>",
        )
    chart.update_layout(hovermode="closest")
    chart.update_xaxes(range=[-0.03, 1.03], dtick=0.2)
    chart.update_yaxes(range=[-0.03, 1.03], dtick=0.2)
    return chart
