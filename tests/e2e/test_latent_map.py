"""The latent map in a real browser: pointing, keys, what is saved, and what survives."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from ipo.digits.folder import folder_in
from tests.support.app_server import AppServer
from tests.support.forked_server import ForkedServer
from tests.support.latent_map_tab import (
    COUNT,
    EDGE,
    PATIENCE,
    LatentMapTab,
    labels_on_disk,
    with_trained_model,
)
from tests.support.small_images import NAME
from tests.support.waiting import eventually
from tests.unit.digits.small import digits

pytestmark = pytest.mark.e2e

NO_WEBGL = "HTMLCanvasElement.prototype.getContext = () => null;"
_PIXELS = """(image) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return [...context.getImageData(0, 0, canvas.width, canvas.height).data].filter((_, at) => at % 4 === 0);
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    server = ForkedServer(with_trained_model(tmp_path_factory.mktemp("map") / "home"))
    with server.running():
        yield server


def labels_file(home: Path) -> Path:
    return folder_in(home, NAME).path / "labels.csv"


@pytest.fixture
def tab(browser: Browser, served: AppServer) -> Iterator[LatentMapTab]:
    """A tab on images without labels."""
    if labels_on_disk(served.home):
        labels_file(served.home).write_text("Serial,label\n")
    tab = LatentMapTab(browser, served)
    unlabelled(tab, COUNT)
    yield tab
    tab.close()


def unlabelled(tab: LatentMapTab, count: int) -> None:
    """Wait until so many images have no label in the legend."""
    expect(tab.of(".legend button").last).to_have_text(re.compile(rf"No label{count}$"))


def box_round_many(tab: LatentMapTab) -> tuple[Any, list[int]]:
    """The corners of a box on the map that touches no point, and the rows inside."""
    places = tab.places()
    canvas = tab.of("canvas").bounding_box()
    assert canvas is not None
    low = np.array([canvas["x"] + 130.0, canvas["y"] + EDGE])
    high = np.array([canvas["x"] + canvas["width"] - 6, canvas["y"] + canvas["height"] - 40])
    while min(np.abs(places - low).min(), np.abs(places - high).min()) < 1:
        low, high = low + 0.7, high - 0.7
    rows = np.flatnonzero(((places > low) & (places < high)).all(axis=1)).tolist()
    corners = [
        (high[0], low[1]),
        (low[0], low[1]),
        (low[0], high[1]),
        (high[0], high[1]),
        (high[0], low[1] + 2),
    ]
    return np.array(corners), rows


def test_a_click_shows_the_image_that_is_there(tab: LatentMapTab) -> None:
    places = tab.places()
    image = tab.of(".original")
    for row in tab.lonely(places)[:3]:
        tab.click(places[row])
        expect(tab.of(".row")).to_have_text(f"Image {row}")
        expect(image).to_have_attribute("src", re.compile(rf"/{row}\.png$"))
        eventually(lambda: image.evaluate("(image) => image.complete && image.naturalWidth"), "image")
        assert image.evaluate(_PIXELS) == digits()[0][row].ravel().tolist()
        expect(tab.of(".near button")).to_have_count(8)
    tab.page.mouse.move(*map(float, places[tab.lonely(places)[4]]))
    expect(tab.of(".tip")).to_be_visible()
    expect(tab.of(".tip .picture")).to_have_attribute("style", re.compile(r"thumbnails/"))


def test_fast_keys_label_what_was_selected_when_they_were_pressed(tab: LatentMapTab) -> None:
    places = tab.places()
    rows = tab.lonely(places)[:10]
    for label, row in enumerate(rows):
        tab.click(places[row])
        tab.press(str(label))
    assert tab.labels() == dict(zip(rows, range(10), strict=True))


def test_a_lasso_and_one_key_label_all_inside_and_undo_takes_all_back(tab: LatentMapTab) -> None:
    tab.press("l")
    corners, rows = box_round_many(tab)
    assert len(rows) >= 200
    tab.lasso(corners)
    expect(tab.of(".count")).to_have_text(f"{len(rows)} images")
    assert sorted(tab.chosen) == rows
    expect(tab.of(".sheet button")).to_have_count(64)
    tab.press("7")
    assert tab.labels() == dict.fromkeys(rows, 7)
    events = [event for post in tab.posts for event in post["events"]]
    assert [(event["kind"], len(event["rows"])) for event in events] == [("label", len(rows))]
    unlabelled(tab, COUNT - len(rows))
    tab.press("z")
    expect(tab.message).to_have_text(f"Took back: 7 on {len(rows)} images")
    assert tab.labels() == {}
    tab.press("y")
    expect(tab.message).to_have_text(f"Did again: 7 on {len(rows)} images")
    assert tab.labels() == dict.fromkeys(rows, 7)
    assert sorted(tab.chosen) == rows


def test_colours_change_without_a_word_to_the_server(tab: LatentMapTab) -> None:
    tab.press("n")
    chosen = tab.chosen
    modes = tab.of(".modes button:visible")
    expect(modes).to_have_count(5)
    for mode in modes.all():  # truth and scores come when they are asked for first
        mode.click()
    expect(tab.of(".legend button").first).to_be_visible()
    tab.page.wait_for_timeout(1000)
    before = len(tab.posts), tab.frames
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    for mode in modes.all():
        mode.click()
        expect(mode).to_have_attribute("aria-pressed", "true")
    tab.of("[data-mode=true]").click()
    counts = [int(text) for text in tab.of(".legend b").all_inner_texts()]
    assert counts[:10] == np.bincount(digits()[1][:COUNT], minlength=10).tolist()
    tab.page.wait_for_timeout(500)
    assert (len(tab.posts), tab.frames) == before
    assert asked == []
    assert tab.chosen == chosen


def test_a_reload_and_a_killed_server_lose_nothing(browser: Browser, tmp_path: Path) -> None:
    server = ForkedServer(with_trained_model(tmp_path / "home"))
    with server.running():
        tab = LatentMapTab(browser, server)
        tab.press("n", "3", "n", "u")
        unlabelled(tab, COUNT - 2)
        tab.saved()
        tab.press("n")
        chosen = tab.chosen
        tab.page.reload()
        tab.ready()
        unlabelled(tab, COUNT - 2)
        assert tab.chosen == chosen
        expect(tab.of(".row")).to_have_text(f"Image {chosen[0]}")
        before = labels_on_disk(server.home)
        server.kill()
        tab.press("4", "ArrowRight", "5")
        expect(tab.message).to_contain_text("2 labels are kept in this tab")
        second = tab.row
        server.start()
        assert tab.labels() == before | {chosen[0]: 4, second: 5}
        expect(tab.message).not_to_contain_text("No connection")
        tab.close()


def test_two_tabs_agree(browser: Browser, served: AppServer, tab: LatentMapTab) -> None:
    other = LatentMapTab(browser, served)
    tab.press("n", "1")
    unlabelled(other, COUNT - 1)
    other.press("n", "2")
    unlabelled(tab, COUNT - 2)
    tab.press("z")
    unlabelled(other, COUNT - 1)
    unlabelled(tab, COUNT - 1)
    other.close()


def test_tab_arrows_and_enter_alone_label_five_images(tab: LatentMapTab) -> None:
    focused = "document.activeElement.shadowRoot?.activeElement?.getAttribute('aria-label')"

    def walk(to: str) -> None:
        for _ in range(80):
            tab.press("Tab")
            if tab.page.evaluate(focused) == to:
                return
        raise AssertionError(f"Tab never came to {to}")

    walk("Keys")
    tab.press("ArrowRight")
    walk("Label 3")
    rows = {tab.row}
    tab.press("Enter")
    for key in ("ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown") * 10:
        if len(rows) == 5:
            break
        tab.press(key)
        if tab.row not in rows:
            rows.add(tab.row)
            tab.press("Enter")
    assert tab.labels() == dict.fromkeys(rows, 3)


def test_without_webgl_the_table_labels(browser: Browser, served: AppServer, tab: LatentMapTab) -> None:
    plain = LatentMapTab(browser, served, init=NO_WEBGL)
    expect(plain.message).to_contain_text("WebGL")
    expect(plain.of(".table tbody tr")).to_have_count(100)
    plain.of(".table tbody tr").nth(17).click()
    plain.press("7", "ArrowDown", "5")
    assert plain.labels() == {17: 7, 18: 5}
    plain.button("Your label").click()
    plain.button("Your label ↑").click()
    expect(plain.of(".table tbody tr").first).to_contain_text("17")
    plain.close()


def test_the_map_moves_after_a_training_and_what_was_selected_stays(tab: LatentMapTab) -> None:
    tab.press("l")
    corners, rows = box_round_many(tab)
    tab.lasso(corners)
    with tab.page.expect_response(re.compile("/points/"), timeout=PATIENCE):
        tab.page.locator(".st-key-digits_epochs input").fill("1")
        tab.page.get_by_role("button", name="Continue").first.click()
    assert sorted(tab.chosen) == rows
    tab.of("[data-do=fit]").click()
    tab.press("8")
    assert tab.labels() == dict.fromkeys(rows, 8)


def test_a_damaged_file_is_said_and_keys_wait_until_it_is_right(tab: LatentMapTab) -> None:
    file = labels_file(tab.home)
    tab.press("n", "6")
    before = tab.labels()
    row = tab.row
    good = file.read_text()
    file.write_text("Serial,label\n0,banana\n")
    expect(tab.message).to_have_class(re.compile("bad"))
    expect(tab.message).to_contain_text("labels.csv")
    tab.press("2")
    file.write_text(good)
    tab.button("Retry").click()
    assert tab.labels() == before | {row: 2}
    expect(tab.message).not_to_have_class(re.compile("bad"))


def test_many_classes_are_labelled_by_the_beginning_of_their_names(browser: Browser, tmp_path: Path) -> None:
    names = [*"ABCDEFGHIJ", "Umbrella <b>", "Ulster coat", "Vest"]
    folder = tmp_path / "home" / "datasets" / "images"
    folder.mkdir(parents=True)
    np.savez(folder / f"{NAME}.npz", images=digits()[0][:COUNT], class_names=np.array(names))
    server = ForkedServer(tmp_path / "home")
    with server.running():
        tab = LatentMapTab(browser, server)
        expect(tab.message).to_contain_text("The model has not learnt yet")
        tab.press("n")
        row = tab.row
        tab.press("/", "u", "Enter")
        expect(tab.message).to_have_text("2 classes begin with “u”.")
        tab.press("m", "Enter")
        expect(tab.message).to_have_text(f"Umbrella <b>: image {row}")
        tab.press("/", "v", "e", "Enter", "z")
        expect(tab.message).to_have_text("Took back: Vest on 1 image")
        tab.saved()
        assert labels_on_disk(server.home, classes=len(names)) == {row: 10}
        tab.close()
