"""Train › Mail in a real browser: train by a key, switch everything on the map, click a mail, train again."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.app_server import AppServer
from tests.support.mails import with_small_mails
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e
PATIENCE = 90_000  # milliseconds; bounds a hang only
SWITCHES = {"examples": True, "centres": True, "borderline": False, "nearest_pair": True}  # on by a click

_PICTURE = """plots => JSON.stringify(plots[0]._fullData.map(trace => [trace.name, trace.x.length]))
    + plots[0].layout.annotations?.length"""
_POINT = """plots => {
  const [plot] = plots, {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect();
  const {x, y} = plot._fullData.find(trace => trace.name === "spam");
  return [box.x + xaxis._offset + xaxis.d2p(x[0]), box.y + yaxis._offset + yaxis.d2p(y[0])];
}"""


class MailTab:
    """One tab on the page."""

    def __init__(self, browser: Browser, server: AppServer) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1400, "height": 1300})
        self.page.goto(f"{server.url}/mail")
        expect(self.below("train_stage_train").get_by_role("button")).to_be_enabled(timeout=PATIENCE)

    def below(self, key: str) -> Locator:
        return self.page.locator(f".st-key-{key}")

    @property
    def map(self) -> Locator:
        return self.below("meaning_map").locator(".js-plotly-plot")

    def picture(self) -> str:
        return str(self.map.evaluate_all(_PICTURE))

    def open_tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def click_a_mail(self) -> None:
        self.map.scroll_into_view_if_needed()
        x, y = self.map.evaluate_all(_POINT)
        self.page.mouse.move(x, y)
        self.page.mouse.click(x, y)


@pytest.fixture
def tab(browser: Browser, server: AppServer) -> Iterator[MailTab]:
    with_small_mails(server.home)
    tab = MailTab(browser, server)
    yield tab
    expect(tab.page.get_by_test_id("stException")).to_have_count(0)
    expect(tab.page.get_by_test_id("stAlert")).to_have_count(0)
    tab.page.close()


def test_a_filter_is_trained_looked_into_and_trained_again(tab: MailTab) -> None:
    page = tab.page
    expect(page.get_by_text("No run yet")).to_be_visible(timeout=PATIENCE)
    tab.open_tab("Nerd Mode")
    band = tab.below("train_stage_param_uncertainty_band").get_by_role("slider")
    band.press("End")  # so that some mails lie within
    expect(band).to_have_value("0.2")
    page.get_by_text("No run yet").click()  # keys are the page's again
    page.keyboard.press("t")
    expect(page.get_by_text(re.compile(r"F1 \d\.\d{3}"))).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(re.compile("The guardrail consulted"))).to_be_visible()
    expect(page.locator(".ipo-mail-card .title")).to_have_count(3)

    tab.open_tab("Meaning map")
    expect(tab.map).to_be_visible(timeout=PATIENCE)
    for switch, on in SWITCHES.items():
        before = tab.picture()
        tab.below(f"meaning_map_{switch}").locator("label").click()
        expect(tab.below(f"meaning_map_{switch}").get_by_role("switch")).to_be_checked(checked=on)
        eventually(lambda before=before: tab.picture() != before, f"another picture by {switch}")
    tab.click_a_mail()
    selected = page.get_by_role("tabpanel").get_by_text(re.compile("Labelled spam, "))
    expect(selected).to_be_visible(timeout=PATIENCE)
    eventually(lambda: "chosen" in tab.picture(), "mark of the chosen mail")

    tab.open_tab("Nerd Mode")
    seed = tab.below("train_stage_param_seed").locator("input")
    seed.fill("7")
    seed.press("Enter")
    expect(page.get_by_text("seed was 42, now it is 7")).to_be_visible(timeout=PATIENCE)
    tab.below("train_stage_train").get_by_role("button").click()
    expect(page.get_by_text("seed was 42, now it is 7")).to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_text(re.compile("^seed 7, "))).to_be_visible(timeout=PATIENCE)
