"""Judging in pairs in a real browser: what is on disk is which two were seen, and which one was preferred."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.app_server import AppServer
from tests.support.browser import (
    SavedPair,
    Seen,
    open_page,
    pair_folders,
    row_folders,
    saved_pairs,
    seen,
    shown,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e
LEFT, RIGHT, NEITHER, UNDO = "ArrowLeft", "ArrowRight", "ArrowDown", "Backspace"


def both(page: Page, before: tuple[Seen, Seen] | None = None) -> tuple[Seen, Seen]:
    """Wait for two images on screen, both others than before."""
    left, right = (before[0].id, before[1].id) if before else ("", "")
    return seen(page, place=0, other_than=left), seen(page, place=1, other_than=right)


def wait_for_pairs(home: Path, count: int) -> None:
    eventually(lambda: len(pair_folders(home)) == count, f"{count} pairs")


def wanted(pair: tuple[Seen, Seen], key: str) -> SavedPair:
    preferred, other = pair if key == LEFT else pair[::-1]
    return SavedPair(preferred.id, preferred.pixels, other.id, other.pixels)


@pytest.fixture
def page(browser: Browser, server: AppServer) -> Iterator[Page]:
    page = open_page(browser, f"{server.url}/?mode=Pair")
    yield page
    page.close()


def test_ten_pairs_with_one_undo_and_one_neither_store_exactly_what_was_on_screen(
    page: Page, server: AppServer
) -> None:
    keys = [random.Random(3).choice([LEFT, RIGHT]) for _ in range(10)]
    kept: list[SavedPair] = []
    pair = None
    for number, key in enumerate(keys):
        pair = both(page, pair)
        if number == 3:
            page.keyboard.press(LEFT if key == RIGHT else RIGHT)  # a slip …
            both(page, pair)
            page.keyboard.press(UNDO)  # … and both are back in their places
            eventually(lambda pair=pair: both(page) == pair, "the pair that was undone")
        if number == 6:
            page.keyboard.press(NEITHER)
            pair = both(page, pair)
        page.keyboard.press(key)
        kept.append(wanted(pair, key))
    wait_for_pairs(server.home, 10)
    eventually(lambda: saved_pairs(server.home) == kept, "the pairs typed")
    assert row_folders(server.home) == []
    assert len(list(server.home.glob("preference/*/undone_pairs/*"))) == 1
    page.get_by_test_id("stSidebar").get_by_text("+ 10 pairs").wait_for()
    assert page.get_by_test_id("stMetricValue").first.inner_text() == "0"


def test_one_undo_takes_neither_back(page: Page, server: AppServer) -> None:
    pair = both(page)
    page.keyboard.press(NEITHER)
    both(page, pair)
    page.keyboard.press(UNDO)
    eventually(lambda: both(page) == pair, "both that were skipped")
    page.keyboard.press(LEFT)
    wait_for_pairs(server.home, 1)
    assert saved_pairs(server.home) == [wanted(pair, LEFT)]


def test_the_buttons_do_what_the_keys_do_and_a_click_in_the_strip_takes_a_pair_back(
    page: Page, server: AppServer
) -> None:
    first = both(page)
    page.get_by_role("button", name="Prefer this →").click()
    second = both(page, first)
    page.get_by_role("button", name="← Prefer this").click()
    third = both(page, second)
    page.get_by_role("button", name="↓ Neither").click()
    both(page, third)
    wait_for_pairs(server.home, 2)
    assert saved_pairs(server.home) == [wanted(first, RIGHT), wanted(second, LEFT)]
    page.get_by_title("Preferred to another. Click to judge both again").last.click()
    eventually(lambda: both(page) == first, "the first pair")
    wait_for_pairs(server.home, 1)
    assert saved_pairs(server.home) == [wanted(second, LEFT)]


def test_a_pair_that_was_judged_in_pair_mode_is_undone_in_the_queue(page: Page, server: AppServer) -> None:
    pair = both(page)
    page.keyboard.press(RIGHT)
    wait_for_pairs(server.home, 1)
    page.get_by_role("radio", name="Queue").click()
    eventually(lambda: page.get_by_role("button", name="Good").count() == 1, "the queue")
    page.keyboard.press(UNDO)
    eventually(lambda: shown(page) == pair[0].id, "the left one")
    wait_for_pairs(server.home, 0)


def test_pairs_that_were_preferred_while_the_server_was_dead_are_saved_when_it_is_back(
    page: Page, server: AppServer
) -> None:
    first = both(page)
    up_next = page.locator(".next span[style*='url']")
    eventually(lambda: up_next.count() == 6, "the next images in the browser")
    server.kill()
    page.keyboard.press(LEFT)
    second = both(page, first)
    page.keyboard.press(RIGHT)
    both(page, second)
    server.start()
    wait_for_pairs(server.home, 2)
    assert saved_pairs(server.home) == [wanted(first, LEFT), wanted(second, RIGHT)]
