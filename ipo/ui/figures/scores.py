"""Cross-validated scores of several models side by side."""

from collections.abc import Mapping

import plotly.graph_objects as go

from ipo.ui.figures.base import BLUE, GREY, ORANGE, figure
from ipo.value.scores import Score

_COLOURS = (BLUE, ORANGE)
_HEIGHT = 140
_TITLES = {"x": "accuracy", "x2": "AUC"}  # of each axis
_DOMAINS = {"x": (0.0, 0.47), "x2": (0.53, 1.0)}


def scores_figure(scores: Mapping[str, Score]) -> go.Figure:
    """Accuracy and AUC of each named model with 95 % intervals; what knowing nothing would get is dashed.

    The accuracies themselves stand above, in large letters.
    """
    chart = figure("", "", height=_HEIGHT)
    for place, (name, score) in enumerate(scores.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        _add(chart, "x", name, score.accuracy.share, score.accuracy.interval, "", colour)
        text = f"{score.auc:.2f} ({score.auc_interval_text})"
        _add(chart, "x2", name, score.auc, score.auc_interval, text, colour)
    baseline = max((score.baseline for score in scores.values()), default=0.5)
    ends = [end for s in scores.values() for end in (s.accuracy.interval[0], s.auc_interval[0])]
    lowest = min([0.45, *ends]) - 0.1  # room for the label of what stands leftmost
    axis = {
        "range": [max(lowest, -0.1), 1.02],
        "tickformat": ".1f",
        "dtick": 0.1 if lowest > 0.2 else 0.2,
        "showgrid": True,
        "zeroline": False,
        "tickfont_size": 12,
    }
    chart.update_layout(
        showlegend=False,
        margin={"t": 24, "b": 28},
        hovermode=False,
        xaxis={**axis, "domain": _DOMAINS["x"], "automargin": False},
        xaxis2={**axis, "domain": _DOMAINS["x2"], "anchor": "y"},
        yaxis={"showgrid": False, "range": [len(scores) - 0.35, -0.75]},
        shapes=[_floor("x", baseline), _floor("x2", 0.5)],
        annotations=[_title(axis, title) for axis, title in _TITLES.items()],
    )
    return chart


def _add(
    chart: go.Figure,
    axis: str,
    name: str,
    value: float,
    interval: tuple[float, float],
    text: str,
    colour: str,
) -> None:
    """One number of one model, on one of the two axes."""
    low, high = interval
    bar = {"array": [high - value], "arrayminus": [value - low], "thickness": 2, "width": 4, "color": colour}
    chart.add_scatter(
        x=[value],
        y=[name],
        xaxis=axis,
        error_x=bar,
        mode="markers+text",
        text=[text],
        textposition="top center",
        marker={"size": 9, "color": colour},
        hoverinfo="skip",
    )


def _floor(axis: str, at: float) -> dict[str, object]:
    """A dashed line at what knowing nothing would get."""
    line = {"color": GREY, "width": 1.5, "dash": "dash"}
    return {"type": "line", "xref": axis, "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1, "line": line}


def _title(axis: str, title: str) -> dict[str, object]:
    """What an axis is about, above it."""
    place = {"xref": "paper", "yref": "paper", "x": sum(_DOMAINS[axis]) / 2, "y": 1}
    return {
        **place,
        "text": title,
        "xanchor": "center",
        "yanchor": "bottom",
        "showarrow": False,
        "font_size": 12,
    }
