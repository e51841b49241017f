"""The meaning map: mails as points, the line that decides between them, and the band about it."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ipo.mail.explaining.meaning_map import CurvedProjection, Projection
from ipo.ui.figures.base import GREY, figure, small
from ipo.ui.figures.mail_probabilities import SAFE_COLOUR, SPAM_COLOUR

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]

MARK = "#B85C94"  # of Okabe & Ito: what stands out from both classes
_TITLE = 60  # characters that a hover shows
_INK = "#101418"  # on either colour, a contrast of 4.5 : 1 or more
_SHORT = 28  # that stand beside an example
_GRID = 60  # places each way that contours are drawn from
_ROOM = 0.04  # of the extent, beyond the outermost points
_ZOOM_ROOM = 0.12  # the same, beyond the centres of the classes
_ZOOM_HEIGHT = (0.1, 0.9)  # quantiles between which the zoomed mails lie


@dataclass(frozen=True, eq=False)
class MapPoints:
    """The mails that are drawn, `m` of them."""

    projection: Projection | CurvedProjection
    titles: Sequence[str]
    spam: Flags  # (m,) what they are
    called_spam: Flags  # (m,) what was decided
    probability: Floats  # (m,) by text


@dataclass(frozen=True)
class MapLevel:
    """A probability by text, and the logit of the text head that is turned into it."""

    probability: float
    logit: float


@dataclass(frozen=True)
class MapLines:
    """Where a mail is decided, and both ends of the band."""

    threshold: MapLevel
    low: MapLevel
    high: MapLevel

    @property
    def styles(self) -> Iterator[tuple[MapLevel, dict[str, Any], str]]:
        """Each with how it is drawn and, once for those that look alike, its name."""
        yield self.threshold, {"color": GREY, "width": 2.0, "dash": "solid"}, "threshold"
        yield self.low, {"color": GREY, "width": 1.2, "dash": "dot"}, "band"
        yield self.high, {"color": GREY, "width": 1.2, "dash": "dot"}, ""


@dataclass(frozen=True, eq=False)
class MapMarks:
    """What the switches add to the picture; rows are places among the points."""

    examples: Rows
    borderline: Rows
    centers: bool = False
    nearest_pair: tuple[int, int] | None = None
    selected: int | None = None


def map_figure(
    points: MapPoints, lines: MapLines, marks: MapMarks, height: int, *, legend: bool = True
) -> go.Figure:
    """All points."""
    chart = _base(height, legend)
    positions = points.projection.positions
    low, high = positions.min(0), positions.max(0)
    room = (high - low) * _ROOM + 1e-6
    return _drawn(chart, points, lines, marks, low - room, high + room)


def zoom_figure(points: MapPoints, lines: MapLines, marks: MapMarks, height: int) -> go.Figure:
    """From the centre of one class to that of the other: where the line runs between them."""
    chart = _base(height, legend=False)
    positions = points.projection.positions
    centers = np.array([positions[points.spam == spam].mean(0) for spam in np.unique(points.spam)])
    low, high = centers.min(0), centers.max(0)
    low[1], high[1] = np.quantile(positions[:, 1], _ZOOM_HEIGHT)
    low, high = np.minimum(low, centers.min(0)), np.maximum(high, centers.max(0))
    room = (high - low) * _ZOOM_ROOM + 1e-6
    return _drawn(chart, points, lines, marks, low - room, high + room)


def _drawn(
    chart: go.Figure, points: MapPoints, lines: MapLines, marks: MapMarks, low: Floats, high: Floats
) -> go.Figure:
    if isinstance(points.projection, CurvedProjection):
        _add_contours(chart, points.projection, points.probability, lines, low, high)
    else:
        _add_lines(chart, points.projection, lines, low, high)
    _add_points(chart, points)
    _add_marks(chart, points, marks, low, high)
    chart.update_xaxes(range=[float(low[0]), float(high[0])])
    chart.update_yaxes(range=[float(low[1]), float(high[1])])
    return chart


def _base(height: int, legend: bool) -> go.Figure:
    chart = figure("", "", height=height)
    margin = {"l": 0, "r": 0, "t": 26 if legend else 0, "b": 0}
    chart.update_layout(hovermode="closest", dragmode="pan", margin=margin, showlegend=legend)
    chart.update_xaxes(showticklabels=False)
    chart.update_yaxes(showticklabels=False, showgrid=False)
    return chart


def _add_points(chart: go.Figure, points: MapPoints) -> None:
    """One trace a class and outcome, so that the legend switches each."""
    for spam, name, colour in ((False, "safe", SAFE_COLOUR), (True, "spam", SPAM_COLOUR)):
        for wrong in (False, True):
            rows = np.flatnonzero((points.spam == spam) & ((points.called_spam != spam) == wrong))
            if not len(rows):
                continue
            chart.add_scatter(
                x=small(points.projection.positions[rows, 0]),
                y=small(points.projection.positions[rows, 1]),
                mode="markers",
                name=f"{name}, decided wrongly" if wrong else name,
                marker={
                    "color": colour,
                    "size": 9 if wrong else 5,
                    "symbol": "x" if wrong else "circle",
                    "opacity": 1 if wrong else 0.55,
                },
                text=[_hover(points, int(row)) for row in rows],
                hovertemplate="%{text}<extra></extra>",
            )


def _hover(points: MapPoints, row: int) -> str:
    return (
        f"{_short(points.titles[row], _TITLE)}<br>probability of spam by text {points.probability[row]:.3f}"
    )


def _short(title: str, most: int) -> str:
    """A title that Plotly takes for text: it reads some HTML."""
    cut = title if len(title) <= most else title[: most - 1] + "…"
    return html.escape(cut or "without a title")


def _add_lines(chart: go.Figure, projection: Projection, lines: MapLines, low: Floats, high: Floats) -> None:
    """Where mails of the plane have the logit of the threshold, and of the ends of the band."""
    length = float(np.linalg.norm(projection.normal))
    if not length:
        return
    unit = projection.normal / length
    along = np.array([-unit[1], unit[0]]) * float(np.linalg.norm(high - low))
    middle = (low + high) / 2
    for level, style, name in lines.styles:
        if not np.isfinite(level.logit):
            continue  # no probability reaches it, or all do
        foot = middle + unit * (level.logit - float(projection.logit(middle))) / length
        ends = np.stack([foot - along, foot + along])
        chart.add_scatter(
            x=small(ends[:, 0]),
            y=small(ends[:, 1]),
            mode="lines",
            name=name,
            showlegend=bool(name),
            hoverinfo="skip",
            line=style,
        )


def _add_contours(
    chart: go.Figure,
    projection: CurvedProjection,
    probability: Floats,
    lines: MapLines,
    low: Floats,
    high: Floats,
) -> None:
    """Where mails about a place have the probability of the threshold, and of the ends of the band."""
    across, up = (np.linspace(low[axis], high[axis], _GRID) for axis in (0, 1))
    places = np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)
    height = projection.probability(places, probability).reshape(_GRID, _GRID)
    for level, style, name in lines.styles:
        chart.add_contour(
            x=small(across),
            y=small(up),
            z=small(height),
            name=name,
            showlegend=bool(name),
            showscale=False,
            hoverinfo="skip",
            contours={
                "coloring": "none",
                "start": level.probability,
                "end": level.probability,
                "size": 1,
            },
            line=style,
        )


def _add_marks(chart: go.Figure, points: MapPoints, marks: MapMarks, low: Floats, high: Floats) -> None:
    positions = points.projection.positions
    if len(marks.borderline):
        _add_rings(chart, positions[marks.borderline], "borderline", 11, MARK)
    if marks.centers:
        _add_centers(chart, points)
    if marks.nearest_pair is not None:
        pair = positions[list(marks.nearest_pair)]
        chart.add_scatter(
            x=small(pair[:, 0]),
            y=small(pair[:, 1]),
            mode="lines+markers",
            name="nearest pair",
            hoverinfo="skip",
            line={"color": MARK, "width": 2},
            marker={"size": 12, "symbol": "square-open", "color": MARK, "line_width": 2},
        )
    for row in marks.examples:
        if ((positions[row] >= low) & (positions[row] <= high)).all():
            _add_example(chart, points, int(row))
    if marks.selected is not None:
        _add_rings(chart, positions[[marks.selected]], "chosen", 17, MARK)


def _add_rings(chart: go.Figure, positions: Floats, name: str, size: int, colour: str) -> None:
    chart.add_scatter(
        x=small(positions[:, 0]),
        y=small(positions[:, 1]),
        mode="markers",
        name=name,
        hoverinfo="skip",
        marker={"size": size, "symbol": "circle-open", "color": colour, "line_width": 1.5},
    )


def _add_centers(chart: go.Figure, points: MapPoints) -> None:
    for spam, name, colour in ((False, "centre of safe", SAFE_COLOUR), (True, "centre of spam", SPAM_COLOUR)):
        members = points.projection.positions[points.spam == spam]
        if len(members):
            chart.add_scatter(
                x=small(members[:, 0].mean(keepdims=True)),
                y=small(members[:, 1].mean(keepdims=True)),
                mode="markers",
                name=name,
                marker={
                    "size": 18,
                    "symbol": "star",
                    "color": colour,
                    "line": {"width": 2, "color": "#FFFFFF"},
                },
                hovertemplate=f"{name}<extra></extra>",
            )


def _add_example(chart: go.Figure, points: MapPoints, row: int) -> None:
    x, y = (float(value) for value in points.projection.positions[row])
    colour = SPAM_COLOUR if points.spam[row] else SAFE_COLOUR
    chart.add_annotation(
        x=x,
        y=y,
        text=_short(points.titles[row], _SHORT),
        font={"size": 11, "color": _INK},
        arrowsize=0.6,
        arrowwidth=1,
        ax=18,
        ay=-16,
        xanchor="left",
        arrowcolor=colour,
        bgcolor=colour,  # points behind it do not show through
    )
