"""Undo and redo in a real browser: every act of the session, in order, and what was done is said."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.app_server import AppServer
from tests.support.browser import labels, open_page, seen, shown
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e


def test_undo_walks_beyond_the_last_ten_and_redo_comes_back(page: Page, server: AppServer) -> None:
    judged: list[str] = []
    for number in range(13):
        judged.append(seen(page, other_than=judged[-1] if judged else "").id)
        page.keyboard.press("ArrowRight" if number % 2 else "ArrowLeft")
    everything = {id_: 1 if number % 2 else -1 for number, id_ in enumerate(judged)}
    eventually(lambda: labels(server.home) == everything, "thirteen rows")
    page.reload()
    for id_ in reversed(judged):
        seen(page)
        expect(page.get_by_role("button", name="Undo")).to_be_enabled()
        page.keyboard.press("Backspace")
        eventually(lambda wanted=id_: shown(page) == wanted, "the image that came back")
    eventually(lambda: labels(server.home) == {}, "the beginning")
    expect(page.locator(".message")).to_have_text("Took back: Bad on row 1")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.reload()  # what was undone can still be restored
    for number in range(13):
        redo = page.get_by_role("button", name="Redo")
        expect(redo).to_be_enabled()
        if number:
            page.keyboard.press("Shift+Backspace")
        else:
            redo.click()
        said = f"Did again: {'Good' if number % 2 else 'Bad'} on row {number + 1}"
        expect(page.locator(".message")).to_have_text(said)
    eventually(lambda: labels(server.home) == everything, "all thirteen again")
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()


def test_a_redo_before_the_answer_leaves_the_next_image_on_screen(page: Page, server: AppServer) -> None:
    first = seen(page)
    page.keyboard.press("ArrowRight")
    second = seen(page, other_than=first.id)
    with server.paused():
        page.keyboard.press("Backspace")
        eventually(lambda: shown(page) == first.id, "the first image again")
        page.keyboard.press("Shift+Backspace")
        eventually(lambda: shown(page) == second.id, "the second image again")
        page.keyboard.press("ArrowLeft")
    eventually(lambda: labels(server.home) == {first.id: 1, second.id: -1}, "both rows")


def test_a_tile_of_a_batch_is_skipped_by_its_button_and_comes_back_by_undo(
    page: Page, server: AppServer
) -> None:
    page.get_by_role("radio", name="Batch").click()
    tiles = [seen(page, place=place).id for place in range(4)]
    page.locator(".tile").nth(2).get_by_role("button", name="Skip").click()
    other = seen(page, place=2, other_than=tiles[2]).id
    assert other not in tiles and labels(server.home) == {}
    page.keyboard.press("z")
    eventually(lambda: tiles[2] in [shown(page, place) for place in range(4)], "the skipped tile")


def test_two_tabs_undo_what_either_did(browser: Browser, page: Page, server: AppServer) -> None:
    first = seen(page)
    page.keyboard.press("ArrowRight")
    eventually(lambda: labels(server.home) == {first.id: 1}, "the row")
    other = open_page(browser, page.url)
    seen(other)
    expect(other.get_by_role("button", name="Undo")).to_be_enabled()
    other.keyboard.press("Backspace")
    eventually(lambda: labels(server.home) == {}, "the row taken back")
    expect(page.get_by_role("button", name="Redo")).to_be_enabled()
    page.keyboard.press("Shift+Backspace")
    eventually(lambda: labels(server.home) == {first.id: 1}, "the row again")
    other.close()
