"""The app below a path, in a browser that keeps nothing, and with images that do not load."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.app_server import AppServer
from tests.support.browser import labels, row_folders, seen, shown
from tests.support.forked_server import ForkedServer
from tests.support.proxy import prefix_proxy
from tests.support.rows import fill_session
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e

IMAGES = re.compile(r"/api/preference/.*/(candidates|thumbnails)/")
FORBIDDEN = """Object.defineProperty(window, "sessionStorage", {
  get() { throw new DOMException("denied", "SecurityError"); } });"""
FULL = (
    """Storage.prototype.setItem = function () { throw new DOMException("full", "QuotaExceededError"); };"""
)
FOREIGN = """Storage.prototype.getItem = () => '{"of": "another program"}';"""
UNKEPT = "cannot keep anything for a reload"


@pytest.fixture(params=["base path", "proxy that strips a prefix"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[AppServer, str]]:
    """A server with judged rows, and where a browser finds it."""
    below = request.param == "base path"
    server = ForkedServer(tmp_path / "home", base_path="ipo" if below else "")
    fill_session(server.home, rows=12, size=448)
    with server.running():
        if below:
            yield server, f"{server.url}/"
        else:
            with prefix_proxy("/user/ann/proxy/8501", server.port) as url:
                yield server, url


def test_every_image_is_found_below_a_path(browser: Browser, address: tuple[AppServer, str]) -> None:
    server, url = address
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    lost: list[str] = []
    page.on("response", lambda answer: answer.status >= 400 and lost.append(answer.url))
    page.goto(url)
    before = set(labels(server.home))
    judged = seen(page).id
    page.keyboard.press("ArrowRight")
    eventually(lambda: set(labels(server.home)) == before | {judged}, "the row")
    page.get_by_role("radio", name="Gallery").click()
    expect(page.locator(".gallery .frame img")).to_be_visible()
    expect(page.locator(".gallery .tile img").nth(3)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_text("Download PNG").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
    page.get_by_test_id("stSidebarNavItems").get_by_role("link", name="Value model").click()
    surprising = page.locator("img[alt^='image judged']").first
    eventually(lambda: surprising.evaluate("image => image.naturalWidth"), "a surprising row")
    page.reload()
    expect(page.get_by_test_id("stSidebar").get_by_role("combobox", name="Session")).to_be_visible()
    eventually(lambda: surprising.evaluate("image => image.naturalWidth"), "the row after a reload")
    assert [url for url in lost if "/api/" in url] == []
    page.close()


def test_an_image_that_does_not_load_is_said_to_be_so_until_it_does(
    browser: Browser, server: AppServer
) -> None:
    fill_session(server.home, rows=3, size=448)
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.route(IMAGES, lambda route: route.abort())
    page.goto(server.url)
    frame, retry = page.locator(".frame"), page.get_by_role("button", name="Retry")
    expect(frame).to_have_attribute("data-waiting", "did not load")
    expect(page.locator(".message")).to_contain_text("did not load.")
    page.keyboard.press("ArrowRight")  # nobody can judge what they have not seen
    page.unroute(IMAGES)
    page.keyboard.press("Enter")
    seen(page)
    expect(retry).to_be_hidden()
    assert len(row_folders(server.home)) == 3

    page.route(IMAGES, lambda route: route.abort())
    page.get_by_role("radio", name="Gallery").click()
    expect(page.locator(".gallery .tile").first).to_have_attribute("data-problem", "did not load")
    expect(page.locator(".gallery .frame")).to_have_attribute("data-problem", "This image did not load.")
    page.unroute(IMAGES)
    retry.click()
    expect(page.locator(".gallery .frame img")).to_be_visible()
    expect(page.locator(".gallery .tile img").first).to_be_visible()
    expect(retry).to_be_hidden()
    page.close()


@pytest.mark.parametrize("script", [FORBIDDEN, FULL], ids=["forbidden", "full"])
def test_a_browser_that_keeps_nothing_judges_and_says_what_a_reload_would_lose(
    browser: Browser, server: AppServer, script: str
) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.add_init_script(script)
    page.goto(server.url)
    first = seen(page).id
    page.keyboard.press("ArrowRight")
    eventually(lambda: labels(server.home) == {first: 1}, "the row")
    expect(page.locator(".message")).to_contain_text(UNKEPT)
    page.get_by_role("button", name="Noted").click()
    expect(page.locator(".message")).not_to_contain_text(UNKEPT)
    page.get_by_role("radio", name="Batch").click()
    tiles = batch(page)
    page.keyboard.press("b")
    eventually(lambda: len(labels(server.home)) == 5, "the judged batch")
    page.get_by_role("radio", name="Queue").click()
    page.get_by_role("radio", name="Batch").click()
    eventually(lambda: shown(page), "the next batch")
    page.keyboard.press("Backspace")  # the batch stayed one act, in memory
    eventually(lambda: set(labels(server.home)) == {first}, "the batch taken back")
    assert batch(page) == tiles
    page.get_by_role("radio", name="Gallery").click()
    page.locator(".gallery .tile.chosen img").wait_for()
    page.keyboard.press("b")
    eventually(lambda: labels(server.home) == {first: -1}, "the other label")
    expect(page.locator(".message")).to_have_count(1)  # the mode that was left is gone
    expect(page.locator(".message")).not_to_contain_text(UNKEPT)  # said once
    page.close()


def test_what_another_program_left_in_the_storage_is_passed_over(browser: Browser, server: AppServer) -> None:
    page = browser.new_page()
    page.add_init_script(FOREIGN)
    page.goto(server.url)
    first = seen(page).id
    page.keyboard.press("ArrowRight")
    eventually(lambda: labels(server.home) == {first: 1}, "the row")
    page.close()


def batch(page: Page) -> list[str]:
    return [seen(page, place=place).id for place in range(4)]
