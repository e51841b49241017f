"""Leave-one-out error against λ."""

import numpy as np
import plotly.graph_objects as go

from ipo.ui.figures.base import BLUE, GREY, ORANGE, add_line, figure, small
from ipo.value.lambda_path import LambdaPath


def path_figure(path: LambdaPath, in_use: float) -> go.Figure:
    """The path with its lowest error and the relative λ in use marked; 1 is the error of knowing nothing."""
    chart = figure("relative λ", "leave-one-out error")
    add_line(
        chart,
        path.relative,
        path.errors,
        "error",
        BLUE,
        marker={"size": 4},
        hovertemplate="λ %{x:.2g}: %{y:.3f}",
    )
    best = int(np.flatnonzero(path.relative == path.best)[0])
    add_line(
        chart,
        path.relative[best : best + 1],
        path.errors[best : best + 1],
        f"lowest {path.best:.3g}",
        BLUE,
        mode="markers",
        marker={"size": 11, "color": BLUE, "symbol": "circle-open", "line": {"width": 2}},
        hoverinfo="skip",
    )
    here = float(np.interp(np.log10(in_use), np.log10(path.relative), path.errors))
    chart.add_vline(x=in_use, line={"color": ORANGE, "width": 1.5, "dash": "dot"})
    add_line(
        chart,
        np.array([in_use]),
        np.array([here]),
        f"in use {in_use:.3g}",
        ORANGE,
        mode="markers",
        marker={"size": 10, "color": ORANGE, "symbol": "diamond"},
        hoverinfo="skip",
    )
    chart.add_hline(y=1, line={"color": GREY, "width": 1, "dash": "dash"})
    decades = 10.0 ** np.arange(np.floor(np.log10(path.relative[0])), np.log10(path.relative[-1]) + 0.5)
    chart.update_xaxes(type="log", tickvals=small(decades), ticktext=[f"{decade:g}" for decade in decades])
    chart.update_yaxes(tickformat=".2f")
    return chart
