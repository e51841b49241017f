"""Curves to choose by: cost by threshold, error by coverage, what each centre of the band gains."""

import plotly.graph_objects as go

from ipo.mail.evaluation.costs import CostCurve, CoverageCurve
from ipo.mail.model.center import CenterChoice
from ipo.proportions import percent
from ipo.ui.figures.base import BLUE, GREY, ORANGE, add_line, figure

_LINE = {"mode": "lines", "line": {"color": BLUE, "width": 2}}
_ROW = 17  # px, of what marks say


def cost_figure(curve: CostCurve, in_use: float, height: int) -> go.Figure:
    """Mean cost of a mail of *tune* by threshold; the one chosen, and the one in use."""
    chart = figure("threshold", "mean cost of a mail", height=height)
    add_line(
        chart,
        curve.thresholds,
        curve.costs,
        "on tune",
        BLUE,
        **_LINE,
        hovertemplate="%{y:.4f}<extra></extra>",
    )
    _mark(chart, curve.threshold, f"chosen {curve.threshold:.2f}", ORANGE, left=curve.threshold > 0.5)
    _mark(chart, in_use, f"in use {in_use:.2f}", GREY, left=in_use > 0.5, row=1)
    chart.update_layout(showlegend=False, margin_t=2 * _ROW)
    chart.update_xaxes(range=[0, 1], dtick=0.2)
    chart.update_yaxes(rangemode="tozero")
    return chart


def coverage_figure(curve: CoverageCurve, coverage: float, height: int) -> go.Figure:
    """Wrong decisions among the mails that are decided, by how many that are; the share decided now."""
    chart = figure("share of mails decided, the surest first", "wrong among them", height=height)
    add_line(
        chart,
        curve.coverage,
        curve.error,
        "on test",
        BLUE,
        **_LINE,
        hovertemplate="%{x:.1%} decided: %{y:.2%} wrong<extra></extra>",
    )
    _mark(chart, coverage, f"{percent(coverage, 1)} decided", ORANGE, left=coverage > 0.5)
    chart.update_layout(showlegend=False, hovermode="closest")
    chart.update_xaxes(range=[0, 1.01], tickformat=".0%", dtick=0.2)
    chart.update_yaxes(rangemode="tozero", tickformat=".1%")
    return chart


def center_figure(choice: CenterChoice, height: int) -> go.Figure:
    """Decisions on *tune* that asking the clues puts right, less those that it spoils, by centre."""
    chart = figure("centre of the band", "decisions gained on tune", height=height)
    add_line(
        chart,
        choice.centers,
        choice.corrected,
        "gained",
        BLUE,
        **_LINE,
        customdata=choice.consulted,
        hovertemplate="%{y:+d} of %{customdata} consulted<extra></extra>",
    )
    left = choice.center > choice.centers.mean()
    _mark(chart, choice.center, f"chosen {choice.center:.2f}", ORANGE, left=left)
    chart.update_layout(showlegend=False)
    return chart


def _mark(chart: go.Figure, x: float, says: str, colour: str, *, left: bool, row: int = 0) -> None:
    """A vertical line; what it says stands above the plot, to its left or right, where no line crosses it."""
    chart.add_vline(
        x,
        line_width=1.5,
        line_dash="dash",
        line_color=colour,
        annotation_text=says,
        annotation_position="top left" if left else "top right",
        annotation_yanchor="bottom",
        annotation_yshift=_ROW * row,
    )
