"""How probable it seemed that mails are spam: the guardrail's band over all, and margins by class."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ipo.ui.figures.base import BLUE, GREY, ORANGE, faint, figure, small

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SAFE_COLOUR, SPAM_COLOUR = BLUE, ORANGE
_BINS = 40
_MARGIN_BINS = 30
_FAR = 8.0  # logits beyond which margins share a bin


def band_figure(probability: Floats, center: float, band: float, threshold: float, height: int) -> go.Figure:
    """Histogram of `(n,)` probabilities by text, the band shaded, the threshold as a line.

    Heights are roots of counts: nearly all mails lie at the ends, and those between are the point.
    """
    chart = figure("", "", height=height)
    counts, edges = np.histogram(probability, _BINS, (0, 1))
    chart.add_bar(
        x=small((edges[:-1] + edges[1:]) / 2),
        y=small(np.sqrt(counts)),
        width=1 / _BINS,
        marker_color=GREY,
        customdata=counts,
        hovertemplate="p %{x:.2f}: %{customdata} mails<extra></extra>",
    )
    low, high = max(0.0, center - band), min(1.0, center + band)
    chart.add_vrect(low, high, fillcolor=faint(ORANGE, 0.3), line_width=0, layer="below")
    chart.add_vline(threshold, line_width=1.5, line_dash="dash", line_color=ORANGE)
    chart.update_layout(
        showlegend=False, margin={"l": 0, "r": 0, "t": 4, "b": 0}, hovermode="closest", bargap=0
    )
    chart.update_xaxes(range=[0, 1], dtick=0.5, tickformat=".1f")
    chart.update_yaxes(visible=False)
    return chart


def margin_figure(logits: Floats, spam: Flags, height: int) -> go.Figure:
    """How far `(n,)` mails lie from the decision, in logits, by class; above 0 they are called spam."""
    chart = figure("safe ← margin in logits → spam", "mails", height=height)
    edges = np.linspace(-_FAR, _FAR, _MARGIN_BINS + 1)
    clipped = np.clip(logits, -_FAR, _FAR)
    for name, colour, members in (("safe", SAFE_COLOUR, ~spam), ("spam", SPAM_COLOUR, spam)):
        counts, _ = np.histogram(clipped[members], edges)
        chart.add_bar(
            x=small((edges[:-1] + edges[1:]) / 2),
            y=counts.astype(np.int32),
            width=edges[1] - edges[0],
            name=name,
            marker_color=colour,
            opacity=0.75,
            hovertemplate="%{y} " + name + " mails<extra></extra>",
        )
    chart.add_vline(0, line_width=1.5, line_dash="dash", line_color=GREY)
    chart.update_layout(barmode="overlay", bargap=0)
    return chart
