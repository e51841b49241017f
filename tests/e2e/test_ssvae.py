"""The SSVAE page in a real browser: a training that is watched, turned, shared, killed and continued."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ipo.digits.folder import DigitsFolder, folder_in
from ipo.digits.labels.store import LabelStore
from ipo.digits.training import checkpoint
from tests.support.app_server import AppServer
from tests.support.forked_server import ForkedServer
from tests.support.small_images import NAME, with_small_images
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e
PATIENCE = 90_000  # milliseconds; bounds a hang only
COUNT = 3000  # so that 200 epochs last longer than a test on any machine
QUIET = 2.0  # seconds, four beats of a page that trains

# Points within an epoch stand in for a long one in curves of training; what is held out has one an epoch.
_POINTS = """(plots) => {
  const heldOut = plots[0]?._fullData?.find((trace) => trace.name === "total, held out");
  return heldOut ? heldOut.x.length : 0;
}"""


class SsvaePage:
    """One tab on the page."""

    def __init__(self, browser: Browser, server: AppServer) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1400, "height": 900})
        self.sent = 0
        self.page.on("websocket", lambda socket: socket.on("framesent", lambda _: self._count()))
        self.page.goto(f"{server.url}/ssvae?data={NAME}")
        self.main: Locator = self.page.get_by_test_id("stMain")
        self.ready()

    def _count(self) -> None:
        self.sent += 1

    def ready(self) -> None:
        """Wait until the digits are open."""
        expect(self.below("digits_start").get_by_role("button")).to_be_visible(timeout=PATIENCE)
        expect(self.main.get_by_text(re.compile(r"\d labels: "))).to_be_visible(timeout=PATIENCE)

    def below(self, key: str) -> Locator:
        return self.page.locator(f".st-key-{key}")

    @property
    def start(self) -> Locator:
        """Start, or Continue."""
        return self.below("digits_start").get_by_role("button")

    @property
    def stop(self) -> Locator:
        return self.below("digits_stop").get_by_role("button")

    @property
    def progress(self) -> Locator:
        return self.main.get_by_test_id("stProgress")

    def train(self, epochs: int) -> None:
        """Type how many, and press Start or Continue at once."""
        expect(self.start).to_be_enabled(timeout=PATIENCE)
        self.below("digits_epochs").locator("input").fill(str(epochs))
        self.start.click()

    def rest(self) -> None:
        """Wait until nothing is under way."""
        expect(self.progress).to_contain_text(re.compile("epochs? trained|Not trained"), timeout=PATIENCE)
        expect(self.start).to_be_enabled(timeout=PATIENCE)

    def borrow(self, count: int) -> None:
        self.main.get_by_role("button", name=re.compile("True labels")).click()
        panel = self.page.get_by_test_id("stPopoverBody")
        panel.get_by_role("spinbutton").fill(str(count))
        panel.get_by_role("button", name="Take true labels").click()
        expect(self.main.get_by_text(re.compile(rf"{count} labels: "))).to_be_visible(timeout=PATIENCE)
        self.page.keyboard.press("Escape")

    @property
    def curves(self) -> Locator:
        return self.below("digits_curves").locator(".js-plotly-plot")

    def points(self) -> int:
        """Epochs that the curves show."""
        return int(self.curves.evaluate_all(_POINTS))

    def fine(self) -> None:
        expect(self.page.get_by_test_id("stException")).to_have_count(0)
        expect(self.main.get_by_test_id("stAlert")).to_have_count(0)

    def close(self) -> None:
        self.fine()
        self.page.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    server = ForkedServer(with_small_images(tmp_path_factory.mktemp("ssvae") / "home", COUNT))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser, served: AppServer) -> Iterator[SsvaePage]:
    page = SsvaePage(browser, served)
    yield page
    page.close()


def records(folder: DigitsFolder) -> list[dict[str, Any]]:
    """Of the runs that ended, oldest first."""
    return [json.loads(path.read_bytes()) for path in sorted(folder.runs.glob("*.json"))]


def test_a_training_runs_on_by_itself_and_every_tab_shows_it(
    browser: Browser, served: AppServer, page: SsvaePage
) -> None:
    expect(page.main.get_by_text("Begin with some labels.")).to_be_visible()
    page.borrow(100)
    page.train(200)
    eventually(lambda: page.points() >= 3, "three epochs, without a click", PATIENCE / 1000)
    expect(page.progress).to_contain_text(
        re.compile(r"Epoch \d+ of 200: loss .*\d (s|min) left"), timeout=PATIENCE
    )
    expect(page.main.get_by_text(re.compile(r"^\d\d:\d\d:\d\d Epoch \d+: loss"))).not_to_have_count(0)

    page.page.reload()
    page.ready()
    expect(page.progress).to_contain_text("Epoch", timeout=PATIENCE)
    expect(page.stop).to_be_enabled()
    before = eventually(page.points, "curves after a reload", PATIENCE / 1000)
    second = SsvaePage(browser, served)
    expect(second.progress).to_contain_text("Epoch", timeout=PATIENCE)
    second.stop.click()
    page.rest()
    second.rest()
    expect(page.main.get_by_text("Stopped after").first).to_be_visible()
    second.close()

    trained = checkpoint.load(folder_in(served.home, NAME).checkpoint).epoch
    eventually(lambda: page.points() == trained, "last epoch of the curves", PATIENCE / 1000)
    assert before <= trained < 200
    expect(page.start).to_contain_text("Continue")
    page.train(1)
    page.rest()
    eventually(lambda: page.points() == trained + 1, "one epoch more", PATIENCE / 1000)

    def outcomes() -> list[str]:
        return [run["outcome"] for run in records(folder_in(served.home, NAME))]

    eventually(lambda: outcomes() == ["stopped", "complete"], "records of both runs", PATIENCE / 1000)


def test_a_slider_turned_while_it_trains_is_in_the_epochs_that_follow(
    served: AppServer, page: SsvaePage
) -> None:
    before = sum(len(run["history"]) for run in records(folder_in(served.home, NAME)))
    page.train(200)
    eventually(lambda: page.points() > before, "first epoch", PATIENCE / 1000)
    chart = page.curves.element_handle()
    slider = page.below("digits_knob_kl_weight").get_by_role("slider")
    slider.press("End")
    expect(slider).to_have_value("1", timeout=PATIENCE)
    turned = page.points()
    eventually(lambda: page.points() > turned + 2, "later epochs", PATIENCE / 1000)
    assert chart.evaluate("(chart) => chart.isConnected")  # changed in place
    expect(slider).to_have_value("1")
    page.stop.click()
    page.rest()
    run = records(folder_in(served.home, NAME))[-1]
    weights = [epoch["knobs"]["kl_weight"] for epoch in run["history"]]
    assert (weights[0], weights[-1]) == (0.1, 1.0)
    assert weights == sorted(weights)


def test_a_killed_app_comes_back_with_all_labels_and_the_last_epoch(
    browser: Browser, server: AppServer
) -> None:
    folder = folder_in(with_small_images(server.home, COUNT), NAME)
    page = SsvaePage(browser, server)
    page.borrow(100)
    labels = LabelStore(folder.path, COUNT).snapshot().values.tolist()
    page.train(200)
    shown = eventually(lambda: (seen := page.points()) >= 2 and seen, "two epochs", PATIENCE / 1000)
    server.kill()
    eventually(lambda: len(records(folder)) == 1, "end of the training that nobody listens to", 60)
    kept = checkpoint.load(folder.checkpoint).epoch
    assert shown <= kept < 200
    server.start()
    page.page.reload()
    page.ready()
    page.rest()
    expect(page.progress).to_contain_text(f"{kept} epochs trained")
    expect(page.main.get_by_text("100 labels: ")).to_be_visible()
    assert LabelStore(folder.path, COUNT).snapshot().values.tolist() == labels
    expect(page.main.get_by_text("Stopped after").first).to_be_visible()
    page.train(1)
    expect(page.progress).to_contain_text(f"{kept + 1} epochs trained", timeout=PATIENCE)
    page.close()


def test_at_rest_the_page_sends_nothing(page: SsvaePage) -> None:
    page.rest()

    def quiet() -> bool:
        before = page.sent
        page.page.wait_for_timeout(1000 * QUIET)
        return page.sent == before

    eventually(quiet, "quiet page", PATIENCE / 1000)
    assert quiet()
