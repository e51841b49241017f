"""The timeline: what it draws of each session, and that a point leads to its step."""

from typing import Any

import numpy as np

from ipo.ui.figures.timeline import COURSE_COLOURS, Course, thinned, timeline_figure

NAMES = {"loss": "Loss", "weight_cosine": "Mean cosine"}


def course(steps: int, name: str = "slow", **more: Any) -> Course:
    scalars = {"loss": 1 / (1 + np.arange(steps)), "weight_cosine": np.arange(steps) / 10}
    return Course(name, np.arange(steps), scalars, **{"retained": (), "pinned": (), **more})


def lines(made: Any) -> list[Any]:
    return [trace for trace in made.data if "lines" in trace.mode]


def test_a_scalar_is_a_row_and_a_session_a_colour() -> None:
    made = timeline_figure([course(5), course(3, "control")], NAMES, 4)
    assert [(line.name, line.yaxis) for line in lines(made)] == [
        ("slow", "y"),
        ("control", "y"),
        ("slow", "y2"),
        ("control", "y2"),
    ]
    assert [line.line.color for line in lines(made)] == [*COURSE_COLOURS, *COURSE_COLOURS]
    titles = [annotation.text for annotation in made.layout.annotations]
    assert titles == ["Loss", "Mean cosine"]


def test_names_of_a_user_are_no_html_to_plotly() -> None:
    made = timeline_figure([course(2, "lr<b>%{x}</b>")], {"loss": "a<sub>b"}, 1)
    line = lines(made)[0]
    assert line.name == "lr&lt;b&gt;%{x}&lt;/b&gt;" and "lr" not in line.hovertemplate
    assert made.layout.annotations[0].text == "a&lt;sub&gt;b"


def test_every_point_says_which_step_it_is() -> None:
    made = timeline_figure([course(5, retained=(3, 4), pinned=(1,))], NAMES, 4)
    for trace in made.data:
        assert list(trace.x) == list(trace.customdata)
    assert list(lines(made)[0].x) == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(lines(made)[0].y, [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5], rtol=1e-6)


def test_steps_that_are_kept_and_those_that_are_pinned_are_marked_once() -> None:
    made = timeline_figure([course(9, retained=(2, 6, 7, 8), pinned=(2,))], NAMES, None)
    kept, pinned = (trace for trace in made.data if trace.mode == "markers")
    assert (list(kept.x), list(pinned.x)) == ([6, 7, 8], [2])
    assert kept.yaxis == pinned.yaxis == "y3"


def test_the_step_on_view_is_a_line_through_all_rows() -> None:
    made = timeline_figure([course(5)], NAMES, 3)
    assert [shape.x0 for shape in made.layout.shapes] == [3, 3, 3]
    assert not timeline_figure([course(5)], NAMES, None).layout.shapes


def test_a_scalar_that_a_session_lacks_is_left_out_for_it() -> None:
    other = Course("control", np.arange(3), {"loss": np.ones(3)}, (), ())
    made = timeline_figure([course(3), other], NAMES, 0)
    assert [(line.name, line.yaxis) for line in lines(made)] == [
        ("slow", "y"),
        ("control", "y"),
        ("slow", "y2"),
    ]


def test_the_height_follows_the_number_of_scalars_and_nothing_else() -> None:
    one, two = timeline_figure([course(5)], {"loss": "Loss"}, 0), timeline_figure([course(5)], NAMES, 0)
    assert one.layout.height < two.layout.height
    long = course(5000, retained=range(4900, 5000))
    assert timeline_figure([long, course(5)], NAMES, 40).layout.height == two.layout.height


def test_few_steps_have_a_tick_each_and_many_have_points_that_can_be_clicked_but_not_seen() -> None:
    few, many = timeline_figure([course(5)], NAMES, 0), timeline_figure([course(1000)], NAMES, 0)
    assert (few.layout.xaxis.dtick, many.layout.xaxis.dtick) == (1, None)
    assert lines(few)[0].marker.opacity == 1
    assert lines(many)[0].marker.opacity == 0
    assert lines(many)[0].mode == "lines+markers"


def test_numbers_travel_as_short_ones() -> None:
    made = timeline_figure([course(100)], NAMES, 0)
    assert {lines(made)[0].x.dtype, lines(made)[0].y.dtype} == {np.dtype(np.float32)}


def test_of_a_long_run_only_the_points_that_show_are_drawn() -> None:
    values = np.zeros(5000)
    values[[1234, 4321]] = 7, -7
    places = thinned(values)
    assert len(places) <= 602
    assert list(places) == sorted(set(places))
    assert {0, 1234, 4321, 4999} <= set(places)
    made = timeline_figure([course(5000)], NAMES, 4999)
    line = lines(made)[0]
    assert (line.x[0], line.x[-1]) == (0, 4999)
    np.testing.assert_allclose(line.y, 1 / (1 + line.x), rtol=1e-6)
    assert list(thinned(np.arange(600.0))) == list(range(600))
