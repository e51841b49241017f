"""No page keeps anything from anybody: names, focus, contrast, whole texts; light and dark, in five windows.

Light and dark differ in colours alone, and sizes in what has room.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.filled_project import fill_project
from tests.support.forked_server import ForkedServer
from tests.support.page_checks import cut_texts, serious_findings, without_visible_focus
from tests.support.screens import EMPTY, FILLED, SIZES, Screen, rest

pytestmark = pytest.mark.e2e
OPENED = {"width": 1400, "height": 900}
WINDOWS = (*SIZES, (1024, 768), (2560, 1440))


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport=OPENED)
    yield page
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
def test_an_empty_page_is_whole_for_everybody(tab: Page, empty: str, screen: Screen) -> None:
    check(tab, empty, screen)


@pytest.mark.parametrize("screen", FILLED, ids=lambda screen: screen.name)
def test_a_page_is_whole_for_everybody(tab: Page, filled: str, screen: Screen) -> None:
    check(tab, filled, screen)


def check(tab: Page, url: str, screen: Screen) -> None:
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size(OPENED)
    screen.open(tab, url)
    expect(tab.get_by_test_id("stException")).to_have_count(0)
    found = [f"light: {finding}" for finding in serious_findings(tab, screen.adds)]
    tab.emulate_media(color_scheme="dark")
    rest(tab)
    found += [f"dark: {finding}" for finding in serious_findings(tab, screen.adds, rules=("color-contrast",))]
    for width, height in WINDOWS:
        tab.set_viewport_size({"width": width, "height": height})
        rest(tab)
        found += [f"cut at {width} × {height}: {text}" for text in cut_texts(tab)]
    found += without_visible_focus(tab)
    assert not found, "\n".join(found)
