"""Nothing that somebody clicks, chooses or types is lost beside panels that the server draws all the time."""

import itertools
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.app_server import AppServer
from tests.support.forked_server import ForkedServer
from tests.support.pushed_page import LETTERS

pytestmark = pytest.mark.e2e

PLACES = ("busy", "quiet", "page")  # a panel that is drawn all the time, one that is not, and beside both
ROUNDS = 8
VISITS = 8


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    server = ForkedServer(tmp_path_factory.mktemp("pushed") / "home", "tests/support/pushed_app.py")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser, pushed: AppServer) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 1600})
    page.goto(pushed.url)
    expect(page.get_by_role("heading", name="Controls")).to_be_visible()
    yield page
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.close()


def below(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}")


def test_every_press_counts(page: Page) -> None:
    for number, place in itertools.product(range(1, ROUNDS + 1), PLACES):
        below(page, f"press_{place}").get_by_role("button").click()
        expect(page.get_by_text(f"press_{place} {number}", exact=True)).to_be_visible()


def test_every_choice_counts(page: Page) -> None:
    letters = itertools.cycle([*LETTERS[1:], LETTERS[0]])
    for number, letter in zip(range(1, ROUNDS + 1), letters, strict=False):
        for place in PLACES:
            below(page, f"radio_{place}").get_by_text(letter, exact=True).click()
            expect(page.get_by_text(f"radio_{place} {number} {letter}", exact=True)).to_be_visible()
            name = f"segmented_control_{place}"
            below(page, name).get_by_role("radio", name=letter, exact=True).click()
            expect(page.get_by_text(f"{name} {number} {letter}", exact=True)).to_be_visible()


def test_what_is_chosen_from_an_open_list_counts(page: Page) -> None:
    letters = itertools.cycle([*LETTERS[1:], LETTERS[0]])
    for number, letter in zip(range(1, ROUNDS + 1), letters, strict=False):
        for place in PLACES:
            below(page, f"selectbox_{place}").locator("input").click()
            page.wait_for_timeout(150)  # the list stays open while its panel is drawn anew
            page.get_by_role("option", name=letter, exact=True).click()
            expect(page.get_by_text(f"selectbox_{place} {number} {letter}", exact=True)).to_be_visible()


def test_every_link_leads_to_its_page(page: Page) -> None:
    for title in ["Elsewhere", "Controls"] * ROUNDS:
        page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click()
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        expect(below(page, "press_busy")).to_be_visible()


def test_what_is_being_typed_stays(page: Page) -> None:
    note = below(page, "note").locator("input")
    note.click()
    note.press_sequentially("not to be lost", delay=60)
    expect(note).to_have_value("not to be lost")


def test_every_visit_shows_the_whole_page(browser: Browser, pushed: AppServer) -> None:
    """A panel that is due while the page is on its way to the browser is drawn when that has arrived."""
    for _ in range(VISITS):
        page = browser.new_page()
        page.goto(pushed.url)
        expect(page.get_by_text("press_page 0", exact=True)).to_be_visible()
        expect(page.get_by_text(re.compile(r"^tick \d"))).to_be_visible()
        page.close()
