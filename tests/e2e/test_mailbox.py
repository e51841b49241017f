"""The mailbox in a real browser: reading, single keys, what is saved, and what survives."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from ipo.mail.labels.store import LabelStore
from ipo.mail.mails import LABEL_NAMES, MailSet
from tests.support.app_server import AppServer
from tests.support.forked_server import ForkedServer
from tests.support.mails import NAME, with_small_filter, with_small_mails
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e


class MailboxTab:
    """One tab. Keys are those of the browser."""

    def __init__(self, browser: Browser, server: AppServer, mails: MailSet) -> None:
        self.home, self.mails = server.home, mails
        self.page: Page = browser.new_page(viewport={"width": 1400, "height": 900})
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(error.stack or error.message))
        self.page.goto(f"{server.url}/mailbox?mails={NAME}")
        self.ready()

    def ready(self) -> None:
        """Wait until the filter's opinion of the mail at hand is there."""
        expect(self.of(".why .sentence")).to_be_visible()
        expect(self.of(".line .bar").first).to_be_visible()

    def of(self, selector: str) -> Locator:
        """Parts of the component, which lives in a shadow root."""
        return self.page.locator(".mailbox").locator(selector)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def rows(self, count: int) -> list[int]:
        """The first mails of the list."""
        lines = self.of(".line")
        return [int(lines.nth(place).get_attribute("data-row") or -1) for place in range(count)]

    @property
    def row(self) -> int:
        """The mail at hand."""
        return int(self.of(".line[aria-selected=true]").get_attribute("data-row") or -1)

    def on_disk(self) -> dict[int, str]:
        """The labels that are others than the data's, by row."""
        codes = LabelStore(self.home / "mail" / NAME).codes(self.mails)
        return {row: LABEL_NAMES[code] for row, code in enumerate(codes) if code != self.mails.given[row]}

    def close(self) -> None:
        self.page.close()
        assert self.errors == []


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AppServer, MailSet]]:
    home = tmp_path_factory.mktemp("mailbox") / "home"
    mails = with_small_filter(home)
    server = ForkedServer(home)
    with server.running():
        yield server, mails


@pytest.fixture
def tab(browser: Browser, served: tuple[AppServer, MailSet]) -> Iterator[MailboxTab]:
    """A tab on mails that nobody corrected."""
    server, mails = served
    (server.home / "mail" / NAME / "labels.jsonl").unlink(missing_ok=True)
    tab = MailboxTab(browser, server, mails)
    yield tab
    tab.close()


def other_label(tab: MailboxTab, row: int) -> tuple[str, str]:
    """The key of the label that a mail does not have, and its name."""
    return ("h", "safe") if tab.mails.given[row] else ("s", "spam")


def test_fast_keys_label_the_mail_that_was_on_screen(tab: MailboxTab) -> None:
    rows = tab.rows(5)
    expected = {row: other_label(tab, row) for row in rows[:3]} | {rows[3]: ("u", "unsure")}
    tab.press(*(key for key, _ in expected.values()))
    eventually(lambda: tab.on_disk() == {row: name for row, (_, name) in expected.items()}, "labels")
    assert tab.row == rows[4]
    tab.press("Delete")
    eventually(lambda: tab.on_disk().get(rows[4]) == "", "cleared label")
    assert tab.row == rows[4] and tab.rows(5) == rows


def test_undo_takes_back_the_last_act_and_shows_its_mail(tab: MailboxTab) -> None:
    rows = tab.rows(3)
    keys = [other_label(tab, row) for row in rows]
    tab.press(keys[0][0], keys[1][0], "z")
    eventually(lambda: tab.on_disk() == {rows[0]: keys[0][1]}, "one label")
    expect(tab.of(".message")).to_have_text(re.compile("^Took back: "))
    eventually(lambda: tab.row == rows[1], "the mail of the act")
    tab.press("Shift+Z")
    eventually(lambda: len(tab.on_disk()) == 2, "both labels")


def test_a_reload_keeps_the_place_and_what_was_not_sent_yet(tab: MailboxTab) -> None:
    rows = tab.rows(4)

    def refuse(route: Route) -> None:
        route.abort()

    tab.page.route("**/events", refuse)
    tab.press(other_label(tab, rows[0])[0], other_label(tab, rows[1])[0], "j")
    expect(tab.of(".message")).to_have_text(re.compile("2 labels are kept in this tab"))
    tab.page.unroute("**/events", refuse)
    tab.page.reload()
    eventually(lambda: set(tab.on_disk()) == set(rows[:2]), "labels after the reload")
    tab.ready()
    assert tab.row == rows[3] and tab.rows(4) == rows


def test_two_tabs_agree(tab: MailboxTab, browser: Browser, served: tuple[AppServer, MailSet]) -> None:
    other = MailboxTab(browser, *served)
    row = tab.row
    key, name = other_label(tab, row)
    tab.press(key)
    expect(other.of(f".line[data-row='{row}'] .chip")).to_have_text(name)
    other.close()


def test_a_search_and_a_filter_list_what_passes_both(tab: MailboxTab) -> None:
    tab.press("/")
    tab.page.keyboard.type("meeting")
    meetings = [row for row, title in enumerate(tab.mails.titles) if "meeting" in title]
    expect(tab.of(".what")).to_have_text(f"{len(meetings)} mails")
    tab.press("Enter")
    row = tab.row
    tab.press("u")
    eventually(lambda: tab.on_disk() == {row: "unsure"}, "a key after the search")
    tab.of(".filter").select_option("unsure")
    expect(tab.of(".what")).to_have_text("1 mail")
    assert tab.rows(1) == [row]


def test_a_correction_makes_the_run_stale_and_the_next_run_brings_a_new_order(tab: MailboxTab) -> None:
    expect(tab.page.get_by_text("up to date with these labels")).to_be_visible()
    rows = tab.rows(3)
    tab.press(other_label(tab, rows[0])[0])
    expect(tab.page.get_by_text("stale: labels have changed")).to_be_visible()
    tab.page.get_by_role("button", name="Train again").click()
    expect(tab.of(".what")).to_have_text("A new order is ready.")
    assert tab.rows(3) == rows
    tab.press("n")
    expect(tab.of(".what")).to_have_text(re.compile("mails"))
    expect(tab.page.get_by_text("up to date with these labels")).to_be_visible()


def test_the_text_of_a_mail_is_text(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    mails = with_small_mails(home)
    evil = "<img src=x onerror=\"document.title='run'\"> <script>document.title='run'</script> **bold**"
    mails = with_small_mails(home, replace(mails, titles=(evil,) * len(mails), bodies=(evil,) * len(mails)))
    server = ForkedServer(home)
    with server.running():
        page: Any = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(f"{server.url}/mailbox?mails={NAME}")
        expect(page.locator(".mailbox .mail .body")).to_have_text(evil)
        expect(page.locator(".mailbox .why")).to_contain_text("No filter is trained yet")
        assert page.locator(".mailbox img").count() == 0 and page.title() != "run"
        page.close()
