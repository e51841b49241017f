"""Every place that is empty until images are judged is left by the button that it offers."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.app_server import AppServer
from tests.support.browser import open_page, row_folders, seen
from tests.support.forked_server import ForkedServer
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e
SIZE = 64


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    with ForkedServer(tmp_path_factory.mktemp("empty") / "home").running() as server:
        yield server


@pytest.fixture
def page(browser: Browser, server: AppServer, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab with a session of the test's own, from its address."""
    page = open_page(browser, f"{server.url}/?prompt={request.node.name}&size={SIZE}")
    yield page
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.close()


def judge_one(page: Page, server: AppServer) -> None:
    """The queue is there, with the keys at hand."""
    expect(page.get_by_role("radio", name="Queue")).to_be_checked()
    seen(page)
    before = len(row_folders(server.home))
    page.keyboard.press("ArrowRight")
    eventually(lambda: len(row_folders(server.home)) == before + 1, "row")


def test_a_direct_visit_to_the_value_model_of_an_empty_folder_leads_to_the_first_image(
    browser: Browser, server: AppServer
) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{server.url}/value_model")
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("No image has been judged yet.")).to_be_visible()
    main.get_by_role("button", name="Judge images").click()
    judge_one(page, server)
    page.keyboard.press("Backspace")
    eventually(lambda: not row_folders(server.home), "empty session")
    page.close()


def test_a_gallery_and_a_line_without_rows_lead_to_the_queue(page: Page, server: AppServer) -> None:
    main, prompt = page.get_by_test_id("stMain"), page.get_by_role("textbox", name="Prompt")
    typed = prompt.input_value()
    for mode, says in (("Line", "judged at least one image Good and one Bad"), ("Gallery", "No rows yet.")):
        main.get_by_text(mode, exact=True).click()
        expect(main.get_by_text(says)).to_be_visible()
        main.get_by_role("button", name="Judge images").click()
        judge_one(page, server)
        page.keyboard.press("Backspace")  # taken back: the session is empty again
        eventually(lambda: not row_folders(server.home), "empty session")
        expect(prompt).to_have_value(typed)


def test_a_value_model_without_rows_leads_to_the_queue_of_its_session(page: Page, server: AppServer) -> None:
    typed = page.get_by_role("textbox", name="Prompt").input_value()
    page.get_by_role("link", name="Value model").click()
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("Nothing has been learnt yet.")).to_be_visible()
    main.get_by_role("button", name="Judge images").first.click()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value(typed)
    judge_one(page, server)
