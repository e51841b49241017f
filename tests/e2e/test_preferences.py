"""Judging images in a real browser: what is on disk is what was seen and typed."""

import json
import random
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.app_server import AppServer
from tests.support.browser import Seen, labels, open_page, row_folders, saved, seen, shown
from tests.support.forked_server import ForkedServer
from tests.support.rows import fill_session
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e
GOOD, BAD, SKIP, UNDO = "ArrowRight", "ArrowLeft", "ArrowDown", "Backspace"
LABEL = {GOOD: 1, BAD: -1}


def wait_for_rows(home: Path, count: int) -> None:
    eventually(lambda: len(row_folders(home)) == count, f"{count} rows")


def shows_batch(page: Page, tiles: list[Seen]) -> None:
    """Wait until exactly these images are on screen."""
    eventually(lambda: [shown(page, place) for place in range(4)] == [tile.id for tile in tiles], "the batch")
    assert [seen(page, place=place) for place in range(4)] == tiles


def judge(page: Page, keys: list[str]) -> list[Seen]:
    """Press keys, each when an image is there; what was on screen at each press."""
    judged = []
    last = ""
    for key in keys:
        now = seen(page, other_than=last)
        page.keyboard.press(key)
        judged.append(now)
        last = now.id
    return judged


def test_twenty_judgements_store_exactly_the_images_on_screen(page: Page, server: AppServer) -> None:
    keys = [random.Random(1).choice([GOOD, BAD]) for _ in range(20)]
    judged = judge(page, keys)
    wait_for_rows(server.home, 20)
    rows = saved(server.home)
    assert [(row.id, row.pixels) for row in rows] == [(image.id, image.pixels) for image in judged]
    assert [row.label for row in rows] == [LABEL[key] for key in keys]


def test_compute_cv_now_shows_both_results_with_a_time(page: Page, server: AppServer) -> None:
    judge(page, [GOOD, BAD] * 4)
    wait_for_rows(server.home, 8)
    page.get_by_role("button", name="Compute CV now").click()
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_text("5-fold").or_(sidebar.get_by_text("4-fold")).first.wait_for(timeout=30_000)
    text = sidebar.inner_text()
    assert "Ridge" in text and "XGBoost" in text
    assert time.strftime("%H:") in text or time.strftime("%H:", time.localtime(time.time() - 60)) in text
    # One label more, and the result says that it is stale.
    judge(page, [GOOD])
    sidebar.get_by_text("stale").wait_for(timeout=15_000)


def test_a_reload_keeps_the_image_and_a_second_tab_sees_the_same_session(
    browser: Browser, page: Page, server: AppServer
) -> None:
    judged = judge(page, [GOOD, BAD, GOOD])
    page.keyboard.press(SKIP)
    current = seen(page, other_than=judged[-1].id)
    page.reload()
    wait_for_rows(server.home, 3)
    after = seen(page)
    assert after == current
    second = open_page(browser, page.url)
    assert seen(second) == after
    eventually(lambda: "3" in second.get_by_test_id("stMetricValue").first.inner_text(), "three rows")
    second.close()


def test_undo_takes_the_judgement_back_and_shows_the_image_again(page: Page, server: AppServer) -> None:
    first, second = judge(page, [GOOD, BAD])
    wait_for_rows(server.home, 2)
    page.keyboard.press(UNDO)
    eventually(lambda: seen(page) == second, "the undone image")
    wait_for_rows(server.home, 1)
    page.keyboard.press(GOOD)
    wait_for_rows(server.home, 2)
    expect(page.locator(".deck .unseen")).to_have_text("Good. 2 rows.")
    assert [(row.id, row.label) for row in saved(server.home)] == [(first.id, 1), (second.id, 1)]
    assert len(list(server.home.glob("preference/*/undone/*"))) == 1


def test_the_next_image_comes_at_once_while_a_long_fit_runs(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "filled"
    fill_session(home, rows=300, size=448)
    server = ForkedServer(home)
    server.start()
    page = open_page(browser, server.url)
    page.get_by_text("Train results").click()
    page.get_by_text("XGBoost on raw latents").click()
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_text("Fitting now.").first.wait_for(timeout=15_000)
    page.mouse.click(900, 860)
    judged = judge(page, [GOOD, BAD, GOOD, BAD, GOOD])
    assert sidebar.get_by_text("Fitting now.").first.is_visible()  # all that while the fit was running
    wait_for_rows(home, 305)
    assert [row.id for row in saved(home)[-5:]] == [image.id for image in judged]
    page.close()
    server.kill()


def test_sixty_fast_keys_with_undo_skip_and_a_reload_leave_exactly_what_was_typed(
    page: Page, server: AppServer
) -> None:
    rng = random.Random(5)
    keys = rng.choices([GOOD, BAD, SKIP, UNDO], [5, 5, 2, 2], k=60)
    done: list[tuple[str, str]] = []  # acts that stand: (candidate, key)
    began = time.monotonic()
    for number, key in enumerate(keys):
        if number == 30:
            page.reload()
            seen(page)
        if key == UNDO:
            if not done:
                continue
            taken_back = done.pop()[0]
            page.keyboard.press(key)
            eventually(lambda wanted=taken_back: shown(page) == wanted, "the undone image")
        else:
            done.append((seen(page, other_than=done[-1][0] if done else "").id, key))
            page.keyboard.press(key)
        time.sleep(max(0.0, began + (number + 1) / 3 - time.monotonic()))
    wanted = {id_: LABEL[key] for id_, key in done if key in LABEL}
    eventually(lambda: labels(server.home) == wanted, "the rows typed")


def test_unacknowledged_judgements_survive_a_kill_of_the_server(page: Page, server: AppServer) -> None:
    judged = judge(page, [GOOD, BAD, GOOD])
    wait_for_rows(server.home, 3)
    server.kill()
    server.start()
    page.reload()
    seen(page)
    eventually(lambda: "3" in page.get_by_test_id("stMetricValue").first.inner_text(), "three rows")
    assert [row.id for row in saved(server.home)] == [image.id for image in judged]
    judge(page, [BAD])
    wait_for_rows(server.home, 4)


def test_batch_replaces_the_judged_tile_and_saves_it(page: Page, server: AppServer) -> None:
    page.get_by_role("radio", name="Batch").click()
    tiles = [seen(page, place=place) for place in range(4)]
    page.keyboard.press("2")
    page.keyboard.press(GOOD)
    replaced = seen(page, place=1, other_than=tiles[1].id)
    assert [seen(page, place=place) for place in (0, 2, 3)] == [tiles[0], tiles[2], tiles[3]]
    wait_for_rows(server.home, 1)
    assert [(row.id, row.label, row.pixels) for row in saved(server.home)] == [
        (tiles[1].id, 1, tiles[1].pixels)
    ]
    page.keyboard.press("2")
    page.keyboard.press("b")
    wait_for_rows(server.home, 5)
    by_id = labels(server.home)
    assert by_id[replaced.id] == 1 and sum(label == 1 for label in by_id.values()) == 2


def test_one_undo_takes_back_a_whole_batch(page: Page, server: AppServer) -> None:
    page.get_by_role("radio", name="Batch").click()
    tiles = [seen(page, place=place) for place in range(4)]
    page.keyboard.press("3")
    page.keyboard.press("b")
    wait_for_rows(server.home, 4)
    assert [labels(server.home)[tile.id] for tile in tiles] == [-1, -1, 1, -1]
    page.reload()  # the act stays one act
    seen(page)
    page.keyboard.press(UNDO)
    wait_for_rows(server.home, 0)
    shows_batch(page, tiles)  # the answer comes after the rows have gone
    page.keyboard.press("n")
    after = [seen(page, place=place, other_than=tiles[place].id) for place in range(4)]
    assert not {tile.id for tile in after} & {tile.id for tile in tiles}
    page.keyboard.press(UNDO)
    shows_batch(page, tiles)
    wait_for_rows(server.home, 0)


def test_after_a_choice_by_mouse_keys_judge_again(page: Page, server: AppServer) -> None:
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_role("combobox", name="Proposer").click()
    page.get_by_role("option", name="random").click()
    first = judge(page, [GOOD])[0]
    wait_for_rows(server.home, 1)
    assert labels(server.home) == {first.id: 1}


def test_a_mode_that_is_chosen_right_after_a_key_is_followed(page: Page, server: AppServer) -> None:
    for _ in range(4):
        first = seen(page)
        with server.paused():  # key and click reach the server together
            page.keyboard.press("ArrowRight")
            page.get_by_role("radio", name="Gallery").click()
        page.locator(".gallery .sheet").wait_for()
        page.get_by_role("radio", name="Queue").click()
        seen(page, other_than=first.id)


def test_a_click_on_one_of_the_last_ten_changes_its_label(page: Page, server: AppServer) -> None:
    first, second = judge(page, [GOOD, BAD])
    wait_for_rows(server.home, 2)
    page.locator(".recent button").nth(1).click()
    eventually(lambda: labels(server.home) == {first.id: -1, second.id: -1}, "the changed label")


def test_undo_takes_back_the_change_of_one_of_the_last_ten_before_the_last_judgement(
    page: Page, server: AppServer
) -> None:
    first, second = judge(page, ["ArrowRight", "ArrowRight"])
    wait_for_rows(server.home, 2)
    page.locator(".recent button").nth(1).click()
    page.keyboard.press("Backspace")  # while the answer is on its way
    expect(page.locator(".recent button").nth(1)).to_have_class("good")
    page.locator(".recent button").nth(1).click()
    eventually(lambda: labels(server.home) == {first.id: -1, second.id: 1}, "the change")
    page.keyboard.press("Backspace")
    eventually(lambda: labels(server.home) == {first.id: 1, second.id: 1}, "the label from before")
    page.keyboard.press("Backspace")
    eventually(lambda: labels(server.home) == {first.id: 1}, "the last judgement taken back")
    assert seen(page).id == second.id


def test_judgements_typed_while_the_server_is_dead_are_saved_when_it_is_back(
    page: Page, server: AppServer
) -> None:
    judged = judge(page, [GOOD])
    wait_for_rows(server.home, 1)
    up_next = page.locator(".next span[style*='url']")
    eventually(lambda: up_next.count() == 6, "the next images in the browser")
    server.kill()
    told = page.locator(".message")
    expect(told).to_have_text(
        "No connection to the server. What you judge is kept in this tab and sent when it is back."
    )
    judged += judge(page, [BAD, GOOD])
    expect(told).to_contain_text("2 judgements are kept in this tab")
    while page.locator(".frame[data-waiting='']").count():
        page.keyboard.press(SKIP)
    expect(page.locator(".frame")).to_have_attribute("data-waiting", "no connection")
    server.start()
    wait_for_rows(server.home, 3)
    expect(told).not_to_contain_text("No connection")
    assert [(row.id, row.label, row.pixels) for row in saved(server.home)] == [
        (image.id, label, image.pixels) for image, label in zip(judged, [1, -1, 1], strict=True)
    ]


def come_while_the_folder_is_read(route: Route) -> None:
    """The server takes no events of a request to try again: it reads the folder first."""
    asked = json.loads(route.request.post_data or "{}")
    route.continue_(post_data=json.dumps(asked | {"events": []}) if asked["retry"] else None)


def test_judgements_that_cannot_be_saved_stay_in_the_tab_until_they_can(
    page: Page, server: AppServer
) -> None:
    judged = judge(page, [GOOD])
    wait_for_rows(server.home, 1)
    rows = row_folders(server.home)[0].parent
    rows.rename(rows.with_name("rows away"))
    rows.write_text("a file where the folder was")
    judged += judge(page, [BAD, GOOD])
    page.get_by_text("Your judgements are kept in this tab").wait_for()
    page.reload()
    page.get_by_text("Your judgements are kept in this tab").wait_for()
    rows.unlink()
    rows.with_name("rows away").rename(rows)
    page.route("**/events", come_while_the_folder_is_read)
    with page.expect_response("**/events"):
        page.get_by_role("button", name="Retry").click()
    page.unroute("**/events")
    wait_for_rows(server.home, 3)
    assert [(row.id, row.label) for row in saved(server.home)] == [
        (image.id, label) for image, label in zip(judged, [1, -1, 1], strict=True)
    ]


def test_a_tab_goes_on_by_itself_when_the_server_comes_back(page: Page, server: AppServer) -> None:
    judged = judge(page, [GOOD, BAD])
    wait_for_rows(server.home, 2)
    server.kill()
    server.start()
    known = {image.id for image in judged}
    eventually(lambda: shown(page) and page.get_by_test_id("stMetricValue").count() == 4, "the page", 60)
    eventually(lambda: judge(page, [GOOD]) and len(row_folders(server.home)) >= 3, "a third row", 60)
    rows = saved(server.home)
    assert {row.id for row in rows[:2]} == known and len({row.id for row in rows}) == len(rows)
