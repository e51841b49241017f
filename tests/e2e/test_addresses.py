"""Addresses in a real browser: a reload, a first visit and the way back lead to the same session."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.app_server import AppServer
from tests.support.browser import open_page, seen
from tests.support.rows import SIZE, fill_session
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e


def address(page: Page) -> str:
    return str(page.evaluate("location.pathname + location.search"))


def prompt(page: Page) -> str:
    return page.get_by_role("textbox", name="Prompt").input_value()


def session(page: Page) -> Locator:
    """The list in the sidebar."""
    return page.get_by_test_id("stSidebar").get_by_role("combobox", name="Session")


def go_to(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNavItems").get_by_role("link", name=name).click()


def test_a_reload_of_the_value_model_comes_back_to_its_session(browser: Browser, server: AppServer) -> None:
    fill_session(server.home, rows=6, size=224)
    page = open_page(browser, f"{server.url}/?prompt=moss&size=320")
    go_to(page, "Value model")
    eventually(lambda: re.fullmatch(r"/value_model\?session=[0-9a-f]{16}", address(page)), "the session's id")
    page.reload()
    expect(session(page)).to_have_value("moss · 320²")
    server.stop()  # another server finds it on disk
    server.start()
    page.reload()
    expect(session(page)).to_have_value("moss · 320²")
    go_to(page, "Preferences")
    seen(page)
    assert prompt(page) == "moss"
    page.reload()
    seen(page)
    assert prompt(page) == "moss"
    expect(page.get_by_role("button", name="320² · procedural")).to_be_visible()
    page.close()


def test_the_first_visit_of_a_server_may_be_to_any_page(browser: Browser, server: AppServer) -> None:
    page = browser.new_page()
    page.goto(f"{server.url}/value_model")
    expect(page.get_by_text("No image has been judged yet.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_test_id("stMain").get_by_role("button", name="Judge images").click()
    seen(page)
    go_to(page, "Value model")
    expect(page.get_by_text("Learning curve", exact=True)).to_be_visible()
    page.close()


def test_the_id_in_the_address_adds_no_step_to_the_way_back(page: Page) -> None:
    first = seen(page).id
    steps = page.evaluate("history.length")
    page.get_by_role("textbox", name="Prompt").fill("paper lanterns")
    page.keyboard.press("Enter")
    seen(page, other_than=first)
    assert page.evaluate("history.length") == steps
    expect(session(page)).to_have_value(f"paper lanterns · {SIZE}²")
    go_to(page, "Value model")
    expect(page.get_by_text("Learning curve", exact=True)).to_be_visible()
    eventually(lambda: "session=" in address(page), "the session's id")
    page.go_back()
    page.go_back()
    eventually(lambda: prompt(page) == "paper lanterns", "the page before")
    seen(page, other_than=first)


def test_the_id_comes_back_into_an_address_that_was_rewritten(page: Page) -> None:
    """Streamlit writes the whole address for a widget that is in it, as it was when a run began."""
    seen(page)
    eventually(lambda: "session=" in address(page), "the session's id")
    whole = address(page)
    page.evaluate("history.replaceState(history.state, '', location.pathname + '?size=64')")
    eventually(lambda: address(page) == whole, "the same address")


def test_nine_tiles_and_a_size_as_typed_survive_a_reload(page: Page) -> None:
    page.get_by_role("radio", name="Batch").click()
    page.get_by_text("9 tiles").click()
    seen(page, place=8)
    page.get_by_role("button", name=f"{SIZE}² · procedural").click()
    size = page.get_by_role("combobox", name="Image side in pixels")
    size.fill("320²")
    size.press("Enter")
    expect(page.get_by_role("button", name="320² · procedural")).to_be_visible()
    page.keyboard.press("Escape")
    seen(page, place=8)
    page.reload()
    seen(page, place=8)
    expect(page.get_by_role("button", name="320² · procedural")).to_be_visible()


def test_choosing_a_session_leaves_no_warning_in_the_log(page: Page, server: AppServer) -> None:
    """Streamlit warns where a widget has a default and is given another value; it says so once."""
    first = seen(page).id
    page.keyboard.press("ArrowRight")
    page.get_by_role("textbox", name="Prompt").fill("paper lanterns")
    page.keyboard.press("Enter")
    expect(session(page)).to_have_value(f"paper lanterns · {SIZE}²")
    second = seen(page, other_than=first).id
    expect(page.locator('[data-test-script-state="notRunning"]')).to_be_attached()
    session(page).click()
    page.get_by_role("option", name="misty harbour").click()
    seen(page, other_than=second)
    eventually(lambda: prompt(page) == "misty harbour at dawn", "the first prompt")
    go_to(page, "Value model")
    expect(page.get_by_text("Learning curve", exact=True)).to_be_visible()
    go_to(page, "Preferences")
    seen(page)
    log = Path(server.home.parent / f"{server.home.name}.server.log").read_text()
    assert "was created with a default value" not in log
