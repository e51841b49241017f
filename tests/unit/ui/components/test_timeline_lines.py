"""The timeline: what is drawn of each session, and that a point leads to its step."""

from typing import Any

import numpy as np

from ipo.ui.components.timeline.lines import COURSE_COLOURS, Course, thinned, timeline

NAMES = {"loss": "Loss", "weight_cosine": "Mean cosine"}


def course(steps: int, name: str = "slow", **more: Any) -> Course:
    scalars = {"loss": 1 / (1 + np.arange(steps)), "weight_cosine": np.arange(steps) / 10}
    return Course(name, np.arange(steps), scalars, **{"retained": (), "pinned": (), **more})


def test_a_scalar_is_a_row_and_a_session_a_line_in_its_colour() -> None:
    rows = timeline([course(5), course(3, "control")], NAMES, 4)["rows"]
    assert [row["name"] for row in rows] == ["Loss", "Mean cosine"]
    for row in rows:
        assert [line["name"] for line in row["lines"]] == ["slow", "control"]
        assert [line["colour"] for line in row["lines"]] == list(COURSE_COLOURS)
    assert rows[0]["lines"][0]["x"] == [0, 1, 2, 3, 4]
    assert rows[0]["lines"][0]["y"] == [1, 0.5, 0.333333, 0.25, 0.2]


def test_steps_that_are_kept_and_those_that_are_pinned_are_marked_once() -> None:
    drawn = timeline([course(9, retained=(2, 6, 7, 8), pinned=(2,))], NAMES, None)
    assert (drawn["kept"], drawn["pinned"], drawn["last"], drawn["at"]) == ([6, 7, 8], [2], 8, None)


def test_a_scalar_that_a_session_lacks_is_left_out_for_it() -> None:
    other = Course("control", np.arange(3), {"loss": np.ones(3)}, (), ())
    rows = timeline([course(3), other], NAMES, 0)["rows"]
    assert [len(row["lines"]) for row in rows] == [2, 1]


def test_of_a_long_run_only_the_points_that_show_are_drawn() -> None:
    values = np.zeros(5000)
    values[[1234, 4321]] = 7, -7
    places = thinned(values)
    assert len(places) <= 602
    assert list(places) == sorted(set(places))
    assert {0, 1234, 4321, 4999} <= set(places)
    line = timeline([course(5000)], NAMES, 4999)["rows"][0]["lines"][0]
    assert (line["x"][0], line["x"][-1]) == (0, 4999)
    np.testing.assert_allclose(line["y"], 1 / (1 + np.array(line["x"])), rtol=1e-5)
    assert list(thinned(np.arange(600.0))) == list(range(600))
