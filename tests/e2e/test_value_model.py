"""The page about the value model in a real browser: it follows work in the background by itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.app_server import AppServer
from tests.support.browser import open_page
from tests.support.forked_server import ForkedServer
from tests.support.rows import SIZE, fill_session

pytestmark = pytest.mark.e2e
ROWS = 40
PATIENCE = 60_000  # milliseconds; bounds a hang only

# How many images below an element are there and drawn.
_DRAWN = (
    """(element) => [...element.querySelectorAll("img")].filter((i) => i.complete && i.naturalWidth).length"""
)


@pytest.fixture
def main(browser: Browser, tmp_path: Path) -> Iterator[Locator]:
    """The page about a session with rows."""
    fill_session(tmp_path / "home", ROWS, SIZE)
    server = ForkedServer(tmp_path / "home")
    server.start()
    page = open_page(browser, f"{server.url}/?size={SIZE}")
    page.get_by_role("link", name="Value model").click()
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("chosen by leave-one-out")).to_be_visible(timeout=PATIENCE)
    yield main
    page.close()
    server.stop()


def below(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}")


def test_the_page_fills_itself_and_follows_what_is_asked_for(main: Locator) -> None:
    page = main.page
    # What the fit brings is there without a click, once it is made.
    for figure in ("value_model_path", "value_model_calibration", "value_model_history"):
        expect(below(page, figure).locator(".main-svg").first).to_be_visible(timeout=PATIENCE)
    surprising = main.get_by_text("you:").count()
    assert surprising
    expect_images(main, surprising)

    main.get_by_role("button", name="Compute CV now").click()
    expect(main.get_by_text(f"{ROWS} rows · majority")).to_be_visible(timeout=PATIENCE)
    main.get_by_role("button", name="Compute curve").click()
    expect(below(page, "value_model_curve").locator(".main-svg").first).to_be_visible(timeout=PATIENCE)
    main.get_by_role("button", name="Decode the line").click()
    expect(main.get_by_text(re.compile("θ = 0 is the anchor"))).to_be_visible(timeout=PATIENCE)
    expect_images(main, surprising + 9)

    # Another λ: one more fit, and what was computed for the one before says that it is stale.
    main.get_by_text("λ manual").click()
    expect(main.get_by_text("set by hand")).to_be_visible(timeout=PATIENCE)
    expect(main.get_by_text("stale").first).to_be_visible(timeout=PATIENCE)
    expect(main.get_by_text("older than the model")).to_be_visible(timeout=PATIENCE)
    assert not main.get_by_test_id("stException").count()


def test_the_way_to_the_gallery_ends_at_the_rows_that_disagree(main: Locator) -> None:
    page = main.page
    main.get_by_role("button", name="Change them in the Gallery").click()
    expect(main.get_by_role("radio", name="Disagreement")).to_be_checked(timeout=PATIENCE)
    main.get_by_text("Line", exact=True).click()
    expect(main.get_by_text(re.compile("θ = 0 is the anchor"))).to_be_visible(timeout=PATIENCE)
    expect_images(main, 9)
    expect(below(page, "curation_line_steps").locator(".main-svg").first).to_be_visible(timeout=PATIENCE)


def test_the_way_to_the_gallery_is_not_lost_to_what_is_asked_for_beside_it(main: Locator) -> None:
    """While the server is at work, several events may wait and be answered by one run."""
    names = ["Decode the line", "Compute CV now", "Compute curve", "Change them in the Gallery"]
    for name in names:
        expect(main.get_by_role("button", name=name)).to_be_enabled(timeout=PATIENCE)
    main.evaluate(
        """(main, names) => {
          const buttons = [...main.querySelectorAll("button")];
          for (const name of names) buttons.find((button) => button.innerText.includes(name)).click();
        }""",
        names,
    )
    expect(main.get_by_role("radio", name="Disagreement")).to_be_checked(timeout=PATIENCE)


def test_leaving_while_images_are_decoded_never_empties_the_app(browser: Browser, server: AppServer) -> None:
    """A timer that fires on the way to another page must not have the page before run in its place."""
    for prompt in range(8):
        page = open_page(browser, f"{server.url}/?prompt=moss+{prompt}")
        page.get_by_role("link", name="Value model").click()
        main = page.get_by_test_id("stMain")
        expect(main.get_by_text("Learning curve", exact=True)).to_be_visible(timeout=PATIENCE)
        # The last of the page, and what the sidebar draws after it.
        expect(main.get_by_text("once you have judged at least one image Good and one Bad")).to_be_visible()
        expect(page.get_by_test_id("stSidebar").get_by_text("Debug logs")).to_be_visible()
        page.close()


def expect_images(main: Locator, count: int) -> None:
    handle = main.element_handle()
    main.page.wait_for_function(f"(main) => ({_DRAWN})(main) >= {count}", arg=handle, timeout=PATIENCE)
