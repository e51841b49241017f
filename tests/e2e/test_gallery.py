"""The gallery in a real browser: choosing, relabelling, undoing and verifying rows, by key and by click."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ipo.images import decode_png
from tests.support.app_server import AppServer
from tests.support.browser import labels, row_folders, seen
from tests.support.forked_server import ForkedServer
from tests.support.rows import fill_session
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e
ROWS = 600


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """The app on a session of 600 rows."""
    home = tmp_path_factory.mktemp("gallery") / "home"
    fill_session(home, rows=ROWS, size=64)
    server = ForkedServer(home)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def sheet(browser: Browser, filled: AppServer) -> Iterator[Page]:
    """The gallery of that session, with all thumbnails in view."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{filled.url}/?mode=Gallery&size=64")
    loaded(page)
    yield page
    page.close()


def chosen(page: Page) -> Locator:
    return page.locator(".tile.chosen")


def id_of(tile: Locator) -> str:
    return tile.get_attribute("data-candidate") or ""


def loaded(page: Page) -> None:
    """Wait until every tile in view has its thumbnail."""
    everything = (
        "tiles => tiles.length > 0 && tiles.every(tile => tile.querySelector('img').naturalWidth > 0)"
    )
    eventually(lambda: page.locator(".sheet .tile").evaluate_all(everything), "thumbnails")


def opened(page: Page) -> str:
    """The row that the panel tells about, once it tells about the chosen one."""
    expect(page.locator(".facts.late")).to_have_count(0)
    return page.locator("dd").first.inner_text()


def record(home: Path, id_: str) -> dict[str, object]:
    records = (json.loads((folder / "row.json").read_text()) for folder in row_folders(home))
    return next(found for found in records if found["candidate"]["id"] == id_)


def test_arrows_choose_and_keys_relabel_what_is_chosen(sheet: Page, filled: AppServer) -> None:
    assert opened(sheet) == f"{ROWS:06d}"
    sheet.keyboard.press("ArrowRight")
    sheet.keyboard.press("ArrowRight")
    sheet.keyboard.press("ArrowLeft")
    eventually(lambda: opened(sheet) == f"{ROWS - 1:06d}", "the second row")
    id_ = id_of(chosen(sheet))
    was = labels(filled.home)[id_]
    key, other = ("b", "g") if was == 1 else ("g", "b")
    for pressed in (key, other, key):  # faster than the server
        sheet.keyboard.press(pressed)
    expect(chosen(sheet)).to_have_class(f"tile {'bad' if was == 1 else 'good'}  chosen")
    eventually(lambda: len(record(filled.home, id_)["history"]) == 4, "three changes")  # type: ignore[arg-type]
    assert labels(filled.home)[id_] == -was
    expect(sheet.locator("dd").last).to_contain_text("changed to")


def test_undo_after_a_relabel_takes_the_relabel_back_and_the_row_stays_chosen(
    sheet: Page, filled: AppServer
) -> None:
    before = len(row_folders(filled.home))
    sheet.locator(".tile").nth(2).click()
    id_ = id_of(chosen(sheet))
    was = labels(filled.home)[id_]
    for key in ("b" if was == 1 else "g", "Backspace"):  # faster than the server
        sheet.keyboard.press(key)
    expect(chosen(sheet)).to_have_class(f"tile {'good' if was == 1 else 'bad'}  chosen")
    number = int(opened(sheet))
    changed = f"change of row {number} to {'Bad' if was == 1 else 'Good'}"
    expect(sheet.locator(".message")).to_have_text(f"Took back: {changed}")
    expect(sheet.locator("dd").last).to_contain_text("changed back to")
    assert (id_of(chosen(sheet)), labels(filled.home)[id_]) == (id_, was)
    assert len(row_folders(filled.home)) == before


def test_a_judgement_that_is_taken_back_moves_the_row_away_and_none_is_chosen_in_its_stead(
    sheet: Page, filled: AppServer
) -> None:
    before = len(row_folders(filled.home))
    sheet.locator(".tile").nth(4).click()
    id_, next_ = id_of(chosen(sheet)), id_of(sheet.locator(".tile").nth(5))
    gone = sheet.locator(f'.tile[data-candidate="{id_}"]')
    for _ in range(3):  # who presses it again does not mean another row
        sheet.keyboard.press("Delete")
    expect(sheet.locator(".message")).to_contain_text("moved to undone/")
    expect(chosen(sheet)).to_have_count(0)
    expect(gone).to_have_count(0)
    expect(sheet.locator('[data-act="remove"]')).to_be_disabled()
    sheet.keyboard.press("Backspace")
    expect(sheet.locator(".message")).to_contain_text("Took back: removal of row")
    expect(gone).to_have_count(1)
    assert len(row_folders(filled.home)) == before
    sheet.get_by_role("button", name="Redo").click()
    expect(gone).to_have_count(0)
    sheet.keyboard.press("ArrowRight")
    eventually(lambda: id_of(chosen(sheet)) == next_, "the next row")
    (undone,) = filled.home.glob("preference/*/undone/*")
    assert undone.name.endswith(f"-{id_}")
    assert len(row_folders(filled.home)) == before - 1
    sheet.get_by_role("radio", name="Queue").click()
    assert seen(sheet).id == id_


def test_a_click_opens_the_image_and_it_is_downloaded_as_it_was_saved(sheet: Page, filled: AppServer) -> None:
    sheet.locator(".tile").nth(8).click()
    number = opened(sheet)
    id_ = id_of(chosen(sheet))
    with sheet.expect_download() as download:
        sheet.get_by_text("Download PNG").click()
    assert download.value.suggested_filename == f"ipo-row-{number}.png"
    stored = next(folder for folder in row_folders(filled.home) if folder.name == number) / "image.png"
    assert download.value.path().read_bytes() == stored.read_bytes()
    assert record(filled.home, id_)["candidate"]["id"] == id_  # type: ignore[index]
    width = sheet.locator(".frame img").evaluate("image => image.naturalWidth")
    assert width == decode_png(stored.read_bytes()).shape[1]


def test_verify_says_how_a_row_differs_that_decodes_to_another_image(sheet: Page) -> None:
    opened(sheet)
    sheet.get_by_role("button", name="Verify").click()
    expect(sheet.locator(".verdict")).to_contain_text("of the pixels decode differently")


def test_verify_says_so_when_a_row_decodes_to_the_same_bytes(page: Page, server: AppServer) -> None:
    seen(page)
    page.keyboard.press("ArrowRight")
    eventually(lambda: len(row_folders(server.home)) == 1, "a row")
    page.get_by_role("radio", name="Gallery").click()
    loaded(page)
    page.get_by_role("button", name="Verify").click()
    expect(page.locator(".verdict")).to_have_text("✓ Decodes to the same bytes.")


def test_a_model_that_knows_only_the_majority_calls_nothing_a_slip(browser: Browser, tmp_path: Path) -> None:
    fill_session(tmp_path / "home", rows=12, size=64)  # labels that twelve rows cannot explain
    server = ForkedServer(tmp_path / "home")
    server.start()
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{server.url}/?mode=Gallery&size=64")
    loaded(page)
    page.get_by_text("Disagreement", exact=True).click()
    expect(page.get_by_text("too little is known yet")).to_be_visible()
    opinion = page.locator(".opinion")
    expect(opinion).to_have_text("Ridge knows too little yet to doubt a label.")
    expect(opinion).not_to_have_class("opinion against")
    page.close()
    server.stop()


def test_a_label_changed_without_a_server_is_said_to_be_kept_and_saved_later(
    page: Page, server: AppServer
) -> None:
    id_ = seen(page).id
    page.keyboard.press("ArrowRight")
    eventually(lambda: labels(server.home) == {id_: 1}, "a row")
    page.get_by_role("radio", name="Gallery").click()
    loaded(page)
    expect(page.locator(".deck")).to_have_count(0)
    server.kill()
    message = page.locator(".message")
    expect(message).to_contain_text("No connection to the server.")
    page.keyboard.press("b")
    expect(message).to_contain_text("1 judgement is kept in this tab")
    server.start()
    eventually(lambda: labels(server.home) == {id_: -1}, "the change")
    expect(message).not_to_contain_text("No connection")


def test_on_a_small_screen_numbers_stand_apart_and_the_sheet_keeps_its_place(sheet: Page) -> None:
    sheet.set_viewport_size({"width": 1100, "height": 700})
    opened(sheet)
    # The widest that these numbers get.
    numbers = sheet.locator(".values span")
    numbers.evaluate_all("spans => spans.forEach((span) => (span.textContent = '−1.23 ± 0.45'))")
    boxes = numbers.evaluate_all(
        "spans => spans.map((span) => (({ left, right }) => [left, right])(span.getBoundingClientRect()))"
    )
    assert all(before[1] + 6 <= after[0] for before, after in pairwise(boxes))
    assert boxes[-1][1] <= 1100
    sheet.get_by_text("Good", exact=True).first.click()
    again = sheet.get_by_role("button", name="Sort again")
    expect(again).to_be_disabled()
    loaded(sheet)
    top = sheet.locator(".sheet").evaluate("sheet => sheet.getBoundingClientRect().top")
    sheet.locator(".tile").nth(1).click()
    sheet.keyboard.press("b")
    expect(again).to_be_enabled()
    assert sheet.locator(".sheet").evaluate("sheet => sheet.getBoundingClientRect().top") == top
    sheet.keyboard.press("g")
    expect(again).to_be_disabled()


def test_scrolling_to_the_end_brings_the_oldest_rows_and_leaves_few_tiles(sheet: Page) -> None:
    sheet.locator(".sheet").evaluate("sheet => (sheet.scrollTop = sheet.scrollHeight)")
    oldest = sheet.locator('.tile[aria-label^="Row 1,"]')
    expect(oldest).to_be_visible()
    loaded(sheet)
    assert sheet.locator(".tile").count() < 100
    oldest.click()
    eventually(lambda: opened(sheet) == "000001", "the oldest row")
    sheet.get_by_text("Bad", exact=True).first.click()  # another order begins at its first row
    eventually(lambda: sheet.locator(".sheet").evaluate("sheet => sheet.scrollTop") == 0, "the top")
    loaded(sheet)
    expect(sheet.locator(".tile.good")).to_have_count(0)
    expect(sheet.locator('.tile[data-place="0"]')).to_have_class("tile bad  chosen")


def test_a_damaged_row_is_named_at_the_first_look_at_its_session(browser: Browser, tmp_path: Path) -> None:
    fill_session(tmp_path / "home", rows=3, size=64)
    damaged = row_folders(tmp_path / "home")[1] / "row.json"
    told = json.loads(damaged.read_text())
    told["candidate"]["proposer"] = 3
    damaged.write_text(json.dumps(told))
    server = ForkedServer(tmp_path / "home")
    server.start()
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{server.url}/?mode=Gallery&size=64")
    loaded(page)
    page.get_by_text("1 row was set aside; the rest is loaded").click()
    expect(page.get_by_text("row.json says candidate.proposer is 3; text would be right")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(2)
    page.close()
    server.stop()
