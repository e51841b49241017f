"""Whole sessions in a real browser: what one machine exports another one judges on."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.app_server import AppServer
from tests.support.browser import open_page, row_folders, saved, seen
from tests.support.forked_server import ForkedServer
from tests.support.rows import SIZE
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e


def judge(page: Page, home: Path, keys: list[str]) -> None:
    for key in keys:
        count = len(row_folders(home))
        seen(page)
        page.keyboard.press(key)
        eventually(lambda count=count: len(row_folders(home)) == count + 1, "row")


def open_menu(page: Page) -> None:
    page.locator(".st-key-session_menu button").first.click()
    page.get_by_role("textbox", name="Title").wait_for()


def test_an_exported_session_is_judged_on_elsewhere(
    browser: Browser, page: Page, server: AppServer, tmp_path: Path
) -> None:
    judge(page, server.home, ["ArrowRight", "ArrowLeft", "ArrowRight"])
    open_menu(page)
    page.get_by_role("button", name="Export zip").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    archive = tmp_path / download.value.suggested_filename
    download.value.save_as(archive)
    assert archive.name.startswith(f"misty-harbour-at-dawn-{SIZE}-")

    other = ForkedServer(tmp_path / "elsewhere")
    other.start()
    try:
        there = open_page(browser, other.url)
        open_menu(there)
        there.locator("input[type=file]").set_input_files(archive)
        there.get_by_text("3 rows added.").wait_for()
        assert saved(other.home) == saved(server.home)
        there.keyboard.press("Escape")
        judge(there, other.home, ["ArrowRight"])
        assert len(saved(other.home)) == 4
    finally:
        other.stop()


def test_a_duplicate_has_a_title_and_an_address_of_its_own(page: Page, server: AppServer) -> None:
    judge(page, server.home, ["ArrowRight", "ArrowLeft"])
    open_menu(page)
    page.get_by_role("button", name="Duplicate").click()
    title = page.get_by_role("textbox", name="Title")
    eventually(lambda: title.input_value() == f"Copy of misty harbour at dawn · {SIZE}²", "title")
    title.fill("Another taste")
    title.press("Enter")
    sidebar = page.get_by_test_id("stSidebar")
    eventually(lambda: "Another taste" in sidebar.inner_html(), "new title in the list")
    page.reload()
    seen(page)
    eventually(lambda: "Another taste" in sidebar.inner_html(), "the copy after a reload")
    abouts = [json.loads(path.read_text()) for path in server.home.glob("preference/*/session.json")]
    assert sorted(about.get("title", "") for about in abouts) == ["", "Another taste"]
