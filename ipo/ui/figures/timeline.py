"""Scalars of a training over its steps, one row each; a click on a step goes there."""

import html
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from ipo.ui.figures.base import BLUE, GREY, ORANGE, small

ROW, FOOT = 62, 34  # pixels
COURSE_COLOURS = (BLUE, ORANGE)
_MARKED = 240  # steps up to which each is a visible point
_MOST = 600  # points of a line; a browser needs seconds for thousands of them
_WHOLE = 12  # steps up to which each has its tick


@dataclass(frozen=True)
class Course:
    """One session: its steps `(n,)`, scalars by name `(n,)`, and which steps are kept."""

    name: str
    steps: NDArray[np.int64]
    scalars: Mapping[str, NDArray[np.floating]]
    retained: Sequence[int]
    pinned: Sequence[int]


def timeline_figure(courses: Sequence[Course], names: Mapping[str, str], at: int | None) -> go.Figure:
    """`names` says what the scalars are called, in order; `at` is the step on view."""
    rows = len(names)
    chart = make_subplots(
        rows=rows + 1,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.03 if rows > 1 else 0.08,
        row_heights=[*[1.0] * rows, 0.16],
    )
    for place, (key, name) in enumerate(names.items(), 1):
        for course, colour in zip(courses, COURSE_COLOURS, strict=False):
            if key in course.scalars:
                _add_scalar(chart, place, course, key, colour)
        _add_title(chart, place, name)
    if courses:
        _add_retained(chart, rows + 1, courses[0], COURSE_COLOURS[0])
    if at is not None:
        chart.add_vline(x=at, line={"color": GREY, "width": 1.5})
    _lay_out(chart, rows)
    if all(len(course.steps) <= _WHOLE for course in courses):
        chart.update_xaxes(dtick=1)
    return chart


def _add_title(chart: go.Figure, row: int, name: str) -> None:
    """Within the row, so that no axis title takes width."""
    chart.add_annotation(
        text=html.escape(name),  # Plotly reads some HTML
        x=0.004,
        y=1,
        xref="x domain" if row == 1 else f"x{row} domain",
        yref="y domain" if row == 1 else f"y{row} domain",
        xanchor="left",
        yanchor="top",
        showarrow=False,
        font_size=12,
    )


def _add_scalar(chart: go.Figure, row: int, course: Course, key: str, colour: str) -> None:
    few = len(course.steps) <= _MARKED
    shown = thinned(course.scalars[key])
    chart.add_scatter(
        x=small(course.steps[shown]),
        y=small(course.scalars[key][shown]),
        customdata=course.steps[shown].astype(np.int32),
        mode="lines+markers",
        line={"color": colour, "width": 1.6},
        marker={"size": 5 if few else 7, "opacity": 1 if few else 0},
        name=html.escape(course.name),
        hovertemplate="%{y:.4g}<extra>%{fullData.name} · step %{x}</extra>",
        row=row,
        col=1,
    )


def thinned(values: NDArray[np.floating], most: int = _MOST) -> NDArray[np.int64]:
    """Places of the points to draw, in order: the ends and the extremes of each stretch."""
    if len(values) <= most:
        return np.arange(len(values))
    edges = np.linspace(0, len(values), most // 4 + 1).astype(int)
    places = {0, len(values) - 1}
    for first, last in itertools.pairwise(edges):
        stretch = values[first:last]
        places |= {first, first + int(np.argmin(stretch)), first + int(np.argmax(stretch)), last - 1}
    return np.array(sorted(places))


def _add_retained(chart: go.Figure, row: int, course: Course, colour: str) -> None:
    loose = [step for step in course.retained if step not in set(course.pinned)]
    for steps, symbol, size, says in (
        (loose, "line-ns-open", 8, "kept"),
        (course.pinned, "diamond", 9, "pinned"),
    ):
        chart.add_scatter(
            x=np.asarray(steps, np.float32),
            y=np.zeros(len(steps), np.float32),
            customdata=np.asarray(steps, np.int32),
            mode="markers",
            marker={"symbol": symbol, "size": size, "color": colour, "line": {"color": colour, "width": 1.2}},
            hovertemplate=f"step %{{x}}, {says}<extra></extra>",
            row=row,
            col=1,
        )


def _lay_out(chart: go.Figure, rows: int) -> None:
    chart.update_layout(
        height=ROW * rows + FOOT + 14,
        margin={"l": 4, "r": 8, "t": 6, "b": 4},
        hovermode="x",
        dragmode=False,
        showlegend=False,
        font_size=12,
    )
    style = {"title_font_size": 12, "tickfont_size": 11, "automargin": True, "zeroline": False, "nticks": 4}
    chart.update_yaxes(**style)
    chart.update_yaxes(visible=False, row=rows + 1, col=1)
    chart.update_xaxes(showgrid=False, zeroline=False, tickformat="d", tickfont_size=11, nticks=12)
