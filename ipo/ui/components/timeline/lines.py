"""Scalars of a training over its steps as the browser draws them: a row each, a line for each session."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.ui.figures.base import BLUE, ORANGE

COURSE_COLOURS = (BLUE, ORANGE)
_MOST = 600  # points of a line; more than there are pixels for


@dataclass(frozen=True)
class Course:
    """One session: its steps `(n,)`, scalars by name `(n,)`, and which steps are kept."""

    name: str
    steps: NDArray[np.int64]
    scalars: Mapping[str, NDArray[np.floating]]
    retained: Sequence[int]
    pinned: Sequence[int]


def timeline(courses: Sequence[Course], names: Mapping[str, str], at: int | None) -> dict[str, Any]:
    """`names` says what the scalars are called, in order; `at` is the step on view."""
    rows = [
        {
            "name": name,
            "lines": [
                _line(course, key, colour)
                for course, colour in zip(courses, COURSE_COLOURS, strict=False)
                if key in course.scalars and len(course.steps)
            ],
        }
        for key, name in names.items()
    ]
    main = courses[0]
    return {
        "rows": rows,
        "last": max((int(course.steps[-1]) for course in courses if len(course.steps)), default=0),
        "at": at,
        "kept": sorted(set(main.retained) - set(main.pinned)),
        "pinned": list(main.pinned),
        "colour": COURSE_COLOURS[0],
    }


def _line(course: Course, key: str, colour: str) -> dict[str, Any]:
    places = thinned(course.scalars[key])
    return {
        "name": course.name,
        "colour": colour,
        "x": course.steps[places].tolist(),
        "y": [float(f"{value:.6g}") for value in course.scalars[key][places]],
    }


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
