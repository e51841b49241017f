"""Panels that follow something without a run of their page."""

import gc

from ipo.services.inspector.live_content import LiveContent, LiveContents


def test_a_panel_shows_what_there_is_when_it_is_asked_for() -> None:
    live, steps = LiveContents().open(lambda: 0), [1]
    live.put("numbers", lambda: steps[-1])
    steps.append(2)
    assert live.show(["numbers", "no such panel"]) == {"numbers": 2}


def test_another_version_is_another_number_and_none_is_no_version() -> None:
    shown: list[int | None] = [7]
    live = LiveContents().open(lambda: shown[-1])
    first = live.version()
    shown.append(None)
    assert live.version() == first
    shown.append(8)
    assert live.version() > first
    assert live.version() == live.version()


def test_a_panel_that_fails_costs_itself_only() -> None:
    live = LiveContents().open(lambda: 0)
    live.put("odd", lambda: 1 / 0)
    live.put("fine", lambda: "here")
    assert live.show(["odd", "fine"]) == {
        "odd": {"failed": "This could not be drawn: division by zero"},
        "fine": "here",
    }


def test_the_content_of_a_tab_goes_with_the_tab() -> None:
    contents = LiveContents()
    live = contents.open(lambda: 0)
    id_ = live.id
    assert contents.find(id_) is live
    del live
    gc.collect()
    assert contents.find(id_) is None


def test_the_beat_leaves_the_steps_most_of_the_time() -> None:
    now = [0.0]
    live = LiveContent(lambda: 0, clock=lambda: now[0])

    def beats_of_a_minute() -> int:
        first = live.beat()
        for _ in range(600):
            now[0] += 0.1
            live.beat()
        return live.beat() - first

    assert 50 <= beats_of_a_minute() <= 60
    live.cost = 1.5
    assert 9 <= beats_of_a_minute() <= 10
    live.cost = 1000  # a tab that slept
    assert 3 <= beats_of_a_minute() <= 4
