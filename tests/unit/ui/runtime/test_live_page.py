"""Which panels are due, and when Streamlit is asked to draw them."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ipo.ui.runtime.live_page import AGAIN_SECONDS, ARRIVAL_SECONDS, Panels
from ipo.ui.runtime.rerun import Answer
from ipo.ui.runtime.watcher import BUSY_SECONDS, LOOK_SECONDS, SLOW_SECONDS, Watcher

TAB, OTHER = "tab", "another tab"


class Page:
    """Tabs whose scripts run when the test says so, and what they show."""

    def __init__(self) -> None:
        self.now = 0.0
        self.shown: dict[str, Any] = {"loss": 1, "rows": 1}
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, list[str]]] = []
        self.panels = Panels(clock=lambda: self.now)
        self.watcher = Watcher(self.panels, self._request)

    def _request(self, tab: str, keys: Sequence[str]) -> Answer:
        self.requests.append((tab, list(keys)))
        return self.answers.get(tab, Answer.ASKED)

    def version(self, key: str) -> Callable[[], Any]:
        return lambda: self.shown[key]

    def draw(self, *keys: str, tab: str = TAB, seconds: float = 0.0, settle: float = 0.0) -> None:
        for key in keys or self.shown:
            with self.panels.drawing(tab, key, self.version(key), seconds, settle):
                pass

    def look(self) -> list[tuple[str, list[str]]]:
        """What is asked for at one look."""
        self.requests.clear()
        self.rest = self.watcher.ask(self.panels.due())
        return list(self.requests)


@pytest.fixture
def page() -> Page:
    page = Page()
    page.draw()
    return page


def test_nothing_is_asked_for_while_nothing_is_another(page: Page) -> None:
    assert page.look() == [] and page.rest == SLOW_SECONDS


def test_a_panel_is_asked_for_once_for_each_version(page: Page) -> None:
    page.shown["loss"] = 2
    assert page.look() == [(TAB, ["loss"])]
    assert page.look() == []
    page.shown["loss"] = 3
    assert page.look() == [(TAB, ["loss"])]
    page.draw("loss")
    assert page.look() == []


def test_what_changes_while_it_is_drawn_and_changes_back_is_drawn_again(page: Page) -> None:
    with page.panels.drawing(TAB, "loss", page.version("loss")):
        page.shown["loss"] = 2  # and this is drawn
    page.shown["loss"] = 1
    assert page.look() == [(TAB, ["loss"])]
    page.draw("loss")
    assert page.look() == []


def test_panels_that_are_due_together_are_asked_for_in_one_run(page: Page) -> None:
    page.shown.update(loss=2, rows=2)
    assert page.look() == [(TAB, ["loss", "rows"])]


def test_what_was_asked_for_and_got_lost_is_asked_for_again(page: Page) -> None:
    page.shown["loss"] = 2
    page.look()
    page.now += AGAIN_SECONDS
    assert page.look() == [(TAB, ["loss"])]


def test_a_tab_whose_script_runs_is_left_alone_and_looked_at_again_soon(page: Page) -> None:
    page.shown["loss"] = 2
    page.answers[TAB] = Answer.BUSY
    page.look()
    assert page.rest == BUSY_SECONDS
    page.answers[TAB] = Answer.ASKED
    assert page.look() == [(TAB, ["loss"])] and page.rest == SLOW_SECONDS


def test_tabs_wait_for_their_own_scripts_alone(page: Page) -> None:
    page.draw(tab=OTHER)
    page.shown["loss"] = 2
    page.answers[TAB] = Answer.BUSY
    page.look()
    assert page.look() == [(TAB, ["loss"])]


def test_a_tab_that_is_gone_is_forgotten(page: Page) -> None:
    page.shown["loss"] = 2
    page.answers[TAB] = Answer.GONE
    page.look()
    assert page.look() == [] and not page.panels.any


def test_the_panels_of_a_page_that_was_left_are_forgotten(page: Page) -> None:
    page.panels.forget(TAB)
    page.draw("rows")
    page.shown.update(loss=2, rows=2)
    assert page.look() == [(TAB, ["rows"])]


def test_a_panel_that_changes_all_the_time_is_drawn_no_more_often_than_it_wants(page: Page) -> None:
    page.draw("loss", seconds=1.0)
    page.shown["loss"] = 2
    page.now += 0.5
    assert page.look() == [] and page.rest == LOOK_SECONDS
    page.now += 0.5
    assert page.look() == [(TAB, ["loss"])]


def test_a_panel_that_waits_for_rest_is_drawn_with_the_version_that_stays(page: Page) -> None:
    page.draw("loss", settle=0.3)
    for version in (2, 3):
        page.shown["loss"] = version
        assert page.look() == [] and page.rest == LOOK_SECONDS
        page.now += 0.2
    assert page.look() == []
    page.now += 0.2
    assert page.look() == [(TAB, ["loss"])]


def test_what_changes_while_a_panel_is_drawn_is_due_afterwards(page: Page) -> None:
    with page.panels.drawing(TAB, "loss", page.version("loss")):
        page.shown["loss"] = 2
    assert page.look() == [(TAB, ["loss"])]


class CutShort(BaseException):
    """As Streamlit leaves a run."""


def test_a_drawing_that_was_cut_short_is_due_and_one_that_failed_is_not(page: Page) -> None:
    page.shown.update(loss=2, rows=2)
    with pytest.raises(CutShort), page.panels.drawing(TAB, "loss", page.version("loss")):
        raise CutShort
    with pytest.raises(ValueError), page.panels.drawing(TAB, "rows", page.version("rows")):
        raise ValueError
    assert page.look() == [(TAB, ["loss"])]


def test_a_version_that_cannot_be_read_costs_its_panel_only_and_is_logged_once(
    page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    del page.shown["loss"]
    page.shown["rows"] = 2
    assert page.look() == [(TAB, ["rows"])]
    page.look()
    assert [record.message for record in caplog.records] == ["The version of loss cannot be read"]
    page.shown["loss"] = 2
    assert page.look() == [(TAB, ["loss"])]


def test_nothing_is_asked_for_until_the_browser_shows_the_page(page: Page) -> None:
    page.panels.begin(TAB)
    page.draw()
    page.draw(tab=OTHER)
    page.shown["loss"] = 2
    assert page.look() == [(OTHER, ["loss"])]
    page.panels.note_arrival(page.panels.arrival(TAB))
    assert (TAB, ["loss"]) in page.look()


def test_a_page_whose_browser_says_nothing_is_asked_for_after_a_while(page: Page) -> None:
    page.panels.begin(TAB)
    page.draw()
    page.shown["loss"] = 2
    page.panels.note_arrival("an id of another server")
    assert page.look() == []
    page.now += ARRIVAL_SECONDS
    assert page.look() == [(TAB, ["loss"])]
