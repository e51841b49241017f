"""Names that hold every mark Streamlit knows: a page shows them as they are."""

from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from ipo.preference.storage.sessions import SessionFolder
from tests.support.browser import seen
from tests.support.forked_server import ForkedServer
from tests.support.rows import fill_session
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e

NAME = "a_b_ $x$ :red[b] *c* :material/home: & &amp; -> `d` <i>e</i> :smile: ~f~"


def wait_for_text(page: Page, text: str) -> None:
    """Wait until a text stands on the page, character for character."""
    eventually(lambda: text in page.get_by_test_id("stApp").inner_text(), text)


def test_a_path_and_a_title_stand_on_the_page_as_they_are(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / NAME
    key = fill_session(home, rows=2, size=448)
    folder = SessionFolder(home, key)
    folder.rename(NAME)
    (folder.path / "rows" / "000002" / "row.json").write_text("{")
    with ForkedServer(home).running() as server:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(server.url)
        seen(page)
        page.get_by_text("1 row was set aside").click()
        wait_for_text(page, f"Nothing was changed on disk: {folder.path / 'rows'}")
        page.get_by_test_id("stSidebar").get_by_test_id("stTooltipIcon").first.hover()
        wait_for_text(page, NAME)
        page.close()


def test_names_of_images_and_of_recipes_stand_on_their_pages_as_they_are(
    browser: Browser, tmp_path: Path
) -> None:
    home = tmp_path / NAME
    name = NAME.replace("/", "")  # which no file has
    images = home / "datasets" / "images" / f"{name}.npz"
    images.parent.mkdir(parents=True)
    images.write_text("no images")
    with ForkedServer(home).running() as server:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(f"{server.url}/ssvae?data={quote(name)}")
        wait_for_text(page, str(images))
        page.goto(f"{server.url}/inspect")
        recipe = page.locator(".st-key-inspect_recipe input")
        recipe.fill(f"{NAME}:model")
        recipe.press("Enter")
        wait_for_text(page, f"{NAME}:model' names no function")
        page.close()
