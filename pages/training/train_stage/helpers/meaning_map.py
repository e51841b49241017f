"""The meaning map of a run: points, lines, what the switches of this tab add, and which mail is where."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ipo.keys import Keys
from ipo.mail.explaining.meaning_map import CurvedProjection, Projection
from ipo.mail.mails import MailSet
from ipo.mail.training.run import TrainRun
from ipo.ui.figures.mail_map import MapLevel, MapLines, MapMarks, MapPoints, map_figure, zoom_figure
from pages.training.train_stage.helpers.guardrail import borderline_rows

Key = str | int  # of the state of a tab
AnyProjection = Projection | CurvedProjection

_EXAMPLES = 4  # of each class
_NONE = np.zeros(0, np.int64)


def build_map(
    run: TrainRun, mails: MailSet | None, projection: AnyProjection, flags: Mapping[Key, Any], height: int
) -> go.Figure:
    """All points, with what is switched on."""
    points = _points(run, mails, projection)
    return map_figure(points, _lines(run), _marks(run, points, flags), height)


def build_overview(run: TrainRun, mails: MailSet | None, height: int) -> go.Figure:
    """All points and the line, as the story begins."""
    points = _points(run, mails, run.meaning_map.projections["pca"])
    return map_figure(points, _lines(run), MapMarks(_NONE, _NONE), height, legend=False)


def build_zoom(run: TrainRun, mails: MailSet | None, height: int) -> go.Figure:
    """Where the line runs: the mails nearest to it, both centres, and those the gate is open for."""
    points = _points(run, mails, run.meaning_map.projections["decision"])
    marks = MapMarks(_NONE, borderline_rows(run, run.meaning_map.places), centers=True)
    return zoom_figure(points, _lines(run), marks, height)


def mail_at(run: TrainRun, projection: AnyProjection, x: float, y: float) -> str:
    """The id of the mail whose point is nearest."""
    nearest = int(np.argmin(np.square(projection.positions - np.array([x, y])).sum(1)))
    return run.mails.ids[int(run.meaning_map.places[nearest])]


def mail_titles(mails: MailSet | None, ids: list[str]) -> list[str]:
    """Titles by id; empty for mails that are there no more."""
    if mails is None:
        return [""] * len(ids)
    return [mails.titles[mails.rows[id_]] if id_ in mails.rows else "" for id_ in ids]


def _points(run: TrainRun, mails: MailSet | None, projection: AnyProjection) -> MapPoints:
    places = run.meaning_map.places
    scores = run.scores.rows(places)
    titles = mail_titles(mails, [run.mails.ids[place] for place in places])
    return MapPoints(projection, titles, run.mails.spam[places], scores.spam, scores.p_text)


def _lines(run: TrainRun) -> MapLines:
    """The threshold, and the band of the gate."""
    guard = run.model.guard
    low, high = guard.assist_center - guard.uncertainty_band, guard.assist_center + guard.uncertainty_band
    return MapLines(*(_level(run, probability) for probability in (run.model.threshold, low, high)))


def _level(run: TrainRun, probability: float) -> MapLevel:
    inside = float(np.clip(probability, 0.001, 0.999))
    return MapLevel(inside, run.model.calibration.logit_at(inside))


def _marks(run: TrainRun, points: MapPoints, flags: Mapping[Key, Any]) -> MapMarks:
    places = run.meaning_map.places
    selected = flags[Keys.MEANING_MAP_SELECTED]
    chosen = [row for row, place in enumerate(places) if run.mails.ids[place] == selected]
    return MapMarks(
        examples=_examples(points) if flags[Keys.MEANING_MAP_EXAMPLES] else _NONE,
        borderline=borderline_rows(run, places) if flags[Keys.MEANING_MAP_BORDERLINE] else _NONE,
        centers=bool(flags[Keys.MEANING_MAP_CENTRES]),
        nearest_pair=run.meaning_map.nearest_pair if flags[Keys.MEANING_MAP_NEAREST_PAIR] else None,
        selected=chosen[0] if chosen else None,
    )


def _examples(points: MapPoints) -> NDArray[np.int64]:
    """Mails that lie far apart, of each class as many: they say what a region is about."""
    chosen: list[int] = []
    for spam in (False, True):
        rows = np.flatnonzero(points.spam == spam)
        positions = points.projection.positions[rows]
        if not len(rows):
            continue
        picked = [int(np.square(positions - positions.mean(0)).sum(1).argmin())]
        while len(picked) < min(_EXAMPLES, len(rows)):
            away = np.square(positions[:, None] - positions[picked][None]).sum(2).min(1)
            picked.append(int(away.argmax()))
        chosen += [int(rows[row]) for row in picked]
    return np.array(chosen, np.int64)
