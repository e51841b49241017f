"""Cross-validated scores of several models side by side."""

from collections.abc import Mapping

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ipo.ui.figures.base import BLUE, GREY, ORANGE, figure
from ipo.value.scores import Score

_COLOURS = (BLUE, ORANGE)
_HEIGHT = 140


def scores_figure(scores: Mapping[str, Score]) -> go.Figure:
    """Accuracy and AUC of each named model with 95 % intervals; what knowing nothing would get is dashed.

    The accuracies themselves stand above, in large letters.
    """
    chart = make_subplots(
        rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.06, subplot_titles=("accuracy", "AUC")
    )
    chart.update_layout(figure("", "", height=_HEIGHT).layout)
    for place, (name, score) in enumerate(scores.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        accuracy = score.accuracy
        numbers = (
            (accuracy.share, accuracy.interval, ""),
            (score.auc, score.auc_interval, f"{score.auc:.2f} ({score.auc_interval_text})"),
        )
        for column, (value, (low, high), text) in enumerate(numbers, start=1):
            chart.add_scatter(
                x=[value],
                y=[name],
                error_x={
                    "array": [high - value],
                    "arrayminus": [value - low],
                    "thickness": 2,
                    "width": 4,
                    "color": colour,
                },
                mode="markers+text",
                text=[text],
                textposition="top center",
                marker={"size": 9, "color": colour},
                hoverinfo="skip",
                row=1,
                col=column,
            )
    baseline = max((score.baseline for score in scores.values()), default=0.5)
    ends = [end for s in scores.values() for end in (s.accuracy.interval[0], s.auc_interval[0])]
    lowest = min([0.45, *ends]) - 0.1  # room for the label of what stands leftmost
    for column, floor in ((1, baseline), (2, 0.5)):
        chart.add_vline(x=floor, line={"color": GREY, "width": 1.5, "dash": "dash"}, row=1, col=column)
    chart.update_layout(showlegend=False, margin_t=24, margin_b=28, hovermode=False)
    chart.update_xaxes(
        range=[max(lowest, -0.1), 1.02],
        tickformat=".1f",
        dtick=0.1 if lowest > 0.2 else 0.2,
        showgrid=True,
        title_text="",
        automargin=False,
    )
    chart.update_yaxes(title_text="", showgrid=False, range=[len(scores) - 0.35, -0.75])
    chart.update_annotations(font_size=12)
    return chart
