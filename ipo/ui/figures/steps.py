"""Predicted value along the line."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ipo.ui.figures.base import BLUE, GREY, add_band, add_line, figure, signed

_HEIGHT = 190


def steps_figure(
    angles: NDArray[np.floating], values: NDArray[np.floating], sds: NDArray[np.floating]
) -> go.Figure:
    """Values ± sd `(p,)` at angles `(p,)` along ŵ from the anchor, which stands at 0."""
    chart = figure("θ from the anchor along ŵ", "value ± sd", height=_HEIGHT)
    add_band(chart, angles, values - sds, values + sds, BLUE)
    add_line(
        chart,
        angles,
        values,
        "value ± sd",
        BLUE,
        customdata=np.asarray(sds, np.float32),
        hovertemplate="%{y:+.2f} ± %{customdata:.2f}<extra></extra>",
    )
    chart.add_hline(y=0, line={"color": GREY, "width": 1, "dash": "dash"})
    margin = (angles[-1] - angles[0]) / (2 * len(angles) - 2)  # a point stands below the middle of its image
    chart.update_xaxes(
        range=[angles[0] - margin, angles[-1] + margin],
        tickvals=np.asarray(angles, np.float32),
        ticktext=[signed(float(angle), 1) for angle in angles],
    )
    chart.update_yaxes(tickformat="+.1f", ticklabelposition="inside top", title_text="", automargin=False)
    chart.update_yaxes(ticklabelstandoff=8)
    chart.update_layout(showlegend=False, margin={"l": 0, "r": 0, "t": 6, "b": 4})
    return chart
