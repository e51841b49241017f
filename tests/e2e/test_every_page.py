"""No page keeps anything from anybody: names, focus, contrast, whole texts; light and dark, in five windows.

Light and dark differ in colours alone, and sizes in what has room.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.support.filled_project import fill_project
from tests.support.forked_server import ForkedServer
from tests.support.page_checks import cut_texts, serious_findings, without_visible_focus
from tests.support.screens import EMPTY, FILLED, SIZES, Screen, rest

pytestmark = pytest.mark.e2e
OPENED: ViewportSize = {"width": 1400, "height": 900}
WINDOWS = (*SIZES, (1024, 768), (2560, 1440))


class Tab:
    """One tab that goes from screen to screen, and loads a page only where the address is another."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._address = ""

    def show(self, url: str, screen: Screen) -> None:
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(OPENED)
        address, before = f"{url}/{screen.address}", self._address
        self._address = ""  # until the screen is there
        if screen.adds and address == before:
            screen.act(self.page)
        else:
            screen.open(self.page, url)
        self._address = address
        expect(self.page.get_by_test_id("stException")).to_have_count(0)


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Tab]:
    page = browser.new_page(viewport=OPENED)
    yield Tab(page)
    page.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app without anything."""
    with ForkedServer(tmp_path_factory.mktemp("empty") / "home").running() as server:
        yield server.url


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, mnist_datasets: Path) -> Iterator[str]:
    """The address of an app with something on every page."""
    home = tmp_path_factory.mktemp("filled") / "home"
    fill_project(home, mnist_datasets / "mnist")
    with ForkedServer(home).running() as server:
        yield server.url


@pytest.mark.parametrize("screen", EMPTY, ids=lambda screen: screen.name)
def test_an_empty_page_is_whole_for_everybody(tab: Tab, empty: str, screen: Screen) -> None:
    check(tab, empty, screen)


@pytest.mark.parametrize("screen", FILLED, ids=lambda screen: screen.name)
def test_a_page_is_whole_for_everybody(tab: Tab, filled: str, screen: Screen) -> None:
    check(tab, filled, screen)


def check(tab: Tab, url: str, screen: Screen) -> None:
    tab.show(url, screen)
    page = tab.page
    found = [f"light: {finding}" for finding in serious_findings(page, screen.adds)]
    page.emulate_media(color_scheme="dark")
    rest(page)
    found += [
        f"dark: {finding}" for finding in serious_findings(page, screen.adds, rules=("color-contrast",))
    ]
    for width, height in WINDOWS:
        page.set_viewport_size({"width": width, "height": height})
        rest(page)
        found += [f"cut at {width} × {height}: {text}" for text in cut_texts(page)]
    found += without_visible_focus(page)
    assert not found, "\n".join(found)
