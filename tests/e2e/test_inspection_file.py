"""The file of an inspection in a real browser, opened from disk: live, and nothing asked of anybody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, expect
from torch import nn

import ipo
from ipo.inspector.sharing.inspection import inspection_of
from tests.unit.inspector import small

pytestmark = pytest.mark.e2e

# How wide the table of features is, frame by frame.
_WIDTHS = """async () => {
  const hosts = [...document.querySelectorAll("[data-panel]")];
  const host = hosts.find((one) => one.shadowRoot.querySelector("table"));
  const widths = [];
  for (let frame = 0; frame < 8; frame++) {
    await new Promise(requestAnimationFrame);
    widths.push(host.shadowRoot.querySelector(".features").getBoundingClientRect().width);
  }
  return widths;
}"""
EVIL = "</script><script>evil = 1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of a session and of a trace."""
    folder = tmp_path_factory.mktemp("files")
    session = small.session()
    session.step(5)
    ipo.save_html(inspection_of(session, (0, 2, 4)), folder / "session.html")
    model = nn.Module()
    model.add_module(EVIL, nn.Linear(3, 2))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with ipo.inspect(model, optimizer) as trace:
        for _ in range(2):
            model.get_submodule(EVIL)(torch.ones(2, 3)).sum().backward()
            optimizer.step()
    trace.save_html(folder / "trace.html")
    return folder


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme=request.param)
    asked, said = [], []
    page.on("request", lambda one: asked.append(one.url))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    yield page
    assert all(url.startswith(("file:", "blob:")) for url in asked), asked
    assert said == []
    page.close()


def figure(page: Page, key: str) -> Locator:
    return page.locator(f'figure[data-key$="/{key}"]')


def test_steps_probe_and_follow_without_a_server(page: Page, folder: Path) -> None:
    page.goto((folder / "session.html").as_uri())
    batch = figure(page, "batch_images")
    expect(batch).to_have_attribute("data-painted", "4")
    page.get_by_label("Step on view", exact=True).press("ArrowLeft")
    expect(batch).to_have_attribute("data-painted", "2")
    expect(page.locator("#at")).to_have_text("step 2 · 2 of 3")
    page.get_by_role("button", name="One step back").click()
    expect(batch).to_have_attribute("data-painted", "0")
    expect(page.get_by_role("button", name="One step back")).to_be_disabled()
    page.get_by_role("button", name="Open all").click()
    strength = figure(page, "strength")
    strength.scroll_into_view_if_needed()
    expect(strength).to_have_attribute("data-painted", "0")
    batch.locator(".picture").click(position={"x": 10, "y": 10})
    batch.locator(".picture").hover(position={"x": 10, "y": 10})
    expect(batch.locator(".probe")).to_contain_text("image 0")
    expect(strength.locator(".probe")).to_contain_text("image 0")
    table = page.locator("[data-panel] table")
    table.get_by_role("row").nth(7).click()
    expect(strength.locator(".probe")).to_contain_text("feature")


def test_the_timeline_leads_to_the_nearest_step_that_is_there(page: Page, folder: Path) -> None:
    page.goto((folder / "session.html").as_uri())
    timeline = page.get_by_role("slider", name="Step on view; arrows go to the steps in memory")
    expect(timeline).to_have_attribute("aria-valuenow", "4")
    box = timeline.bounding_box()
    assert box is not None
    timeline.click(position={"x": 66, "y": 30})
    expect(timeline).to_have_attribute("aria-valuenow", "0")
    timeline.press("ArrowRight")
    expect(page.locator("#at")).to_have_text("step 2 · 2 of 3")


def test_no_name_runs(page: Page, folder: Path) -> None:
    page.goto((folder / "trace.html").as_uri())
    weight = page.locator("figure").filter(has_text=f"{EVIL}/weight").first
    expect(weight).to_have_attribute("data-painted", "1")
    page.get_by_role("button", name="Close all").click()  # they are open to begin with
    expect(weight).to_be_hidden()
    page.get_by_role("button", name="Open all").click()
    expect(weight).to_be_visible()
    assert page.evaluate("window.evil === undefined")


def test_the_table_of_features_comes_to_rest_at_every_width(page: Page, folder: Path) -> None:
    page.goto((folder / "session.html").as_uri())
    for width in range(1397, 1404):  # where the columns just fit, and just do not
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator("[data-panel] table")).to_be_visible()
        widths = page.evaluate(_WIDTHS)
        assert len(set(widths[2:])) == 1, (width, widths)
