"""The Inspect page in a real browser: one batch at a time, and everything that it leaves on the page."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from tests.support.app_server import AppServer
from tests.support.forked_server import ForkedServer
from tests.support.inspector_page import PATIENCE, InspectorPage, with_mnist
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e

SECTIONS = {
    "1 Strength": ["strength"],
    "2 Neighbourhoods": ["neighbors", "encoder_weights"],
    "3 Rank score": ["rank_score"],
    "4 Image coverage": ["image_coverage"],
    "5 Feature novelty and win rate": ["feature_novelty", "win_rate"],
    "6 Local coverage and local novelty": ["local_coverage", "local_novelty"],
    "7 Targets of the pull": ["local_target", "global_target", "som_targets"],
    "8 Who gets which force": ["gradient_weight", "contender_weight", "attraction_weight"],
    "9 Final forces": ["grad_mask", "grad_magnitude", "som_magnitude", "optimizer_magnitude"],
}
MATRICES = [f"{name}_cosine_matrix" for name in ("weight", "som_target", "gradient", "update")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, mnist_datasets: Path) -> Iterator[AppServer]:
    """One app for tests that begin with a session of their own."""
    server = ForkedServer(with_mnist(tmp_path_factory.mktemp("inspector") / "home", mnist_datasets))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser, served: AppServer) -> Iterator[InspectorPage]:
    """A tab with a fresh session."""
    page = InspectorPage.opened(browser, served)
    page.begin_afresh()
    yield page
    page.fine()
    page.page.close()


def test_five_steps_of_a_session_that_sets_itself_up(
    browser: Browser, tmp_path: Path, mnist_datasets: Path
) -> None:
    server = ForkedServer(with_mnist(tmp_path / "home", mnist_datasets))
    server.start()
    page = InspectorPage.opened(browser, server)
    expect(page.below("inspect_condition").locator("input")).to_have_value("slow")
    expect(page.main.get_by_text("Press Step: one batch runs").first).to_be_visible()
    batches, losses, charts = [], [], []
    for step in range(5):
        assert page.step() == step
        batches.append(page.pixels())
        losses.append(page.loss)
        charts.append(page.timeline.element_handle())
    assert all(chart.evaluate("(chart) => chart.isConnected") for chart in charts)  # one, changed in place
    assert len(set(batches)) == 5
    assert losses[0] == pytest.approx(0.474, abs=0.01)
    assert all(later < earlier for earlier, later in itertools.pairwise(losses))
    eventually(lambda: page.points() == 5, "five steps on the timeline")

    page.click_timeline(2)
    page.painted(2)
    assert page.pixels() == batches[2]
    timeline = page.main.get_by_role("slider", name="Step on view")
    timeline.press("ArrowLeft")
    page.painted(1)
    assert page.pixels() == batches[1]
    timeline.press("Home")
    page.painted(0)
    expect(timeline).to_have_attribute("aria-valuetext", re.compile("^step 0, Loss: 0.47"))
    page.page.keyboard.press("?")
    keys = page.page.get_by_role("dialog", name="Keys of this page")
    expect(keys).to_contain_text("Step: one batch through the trainer")
    page.page.keyboard.press("s")  # means nothing while the list is open
    page.page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    assert page.steps == 5
    page.go_to(1)
    page.painted(1)
    page.press("Latest")
    page.painted(4)
    page.fine()
    page.page.close()
    server.stop()


def test_many_steps_at_once_until_something_happens_or_until_cancelled(page: InspectorPage) -> None:
    assert page.step("×10") == 9
    assert page.step("×50") == 59
    eventually(lambda: page.points() == 60, "60 steps on the timeline")
    assert page.loss < 0.4

    page.run_until("loss below", threshold_loss="0.2")
    expect(page.main.get_by_text(re.compile(r"Loss 0\.1\d+ is below 0\.2"))).to_be_visible(timeout=PATIENCE)
    page.idle()
    assert page.loss < 0.2

    before = page.steps
    page.run_until("a NaN or Inf appears", most="100000")
    eventually(lambda: page.steps > before, "steps while it runs")
    page.press("Cancel")
    expect(page.main.get_by_text("Cancelled; the steps done so far are here.")).to_be_visible(
        timeout=PATIENCE
    )
    page.idle()
    kept = page.steps
    assert before < kept < 100_000
    assert page.step() == kept


def test_a_step_that_left_memory_is_shown_from_disk_and_comes_back_the_same(page: InspectorPage) -> None:
    before = []
    for _ in range(3):
        page.step()
        before.append((page.pixels(), page.loss))
    page.go_to(1)
    page.painted(1)
    page.press("Pin")
    expect(page.button("Unpin")).to_be_visible()
    page.press("Latest")
    for _ in range(3):
        page.step("×50")

    page.go_to(2)
    page.painted(2)
    assert page.pixels() == before[2][0]
    page.go_to(1)
    page.painted(1)
    assert page.pixels() == before[1][0]
    page.go_to(0)
    page.painted(0)
    page.menu().get_by_role("button", name="Rewind to step 0").click()
    page.has_steps(1)
    page.painted(0)
    assert (page.pixels(), page.loss) == before[0]
    for step in (1, 2):
        assert page.step() == step
        assert (page.pixels(), page.loss) == before[step]


def test_every_section_shows_the_step_at_hand_once_it_is_open(page: InspectorPage) -> None:
    page.step()
    for keys in SECTIONS.values():
        for key in keys:
            expect(page.figure(key)).to_have_count(0)
    page.press("Open all")
    panels = {title: page.section(title) for title in SECTIONS}
    for title, keys in SECTIONS.items():
        for key in keys:
            expect(page.figure(key, panels[title])).to_have_attribute("data-step", "0", timeout=PATIENCE)
    expect(page.button("Close all")).to_be_visible()
    seen = {}
    for title, keys in SECTIONS.items():
        for key in keys:
            page.painted(0, key, panels[title])
            seen[title, key] = page.pixels(key, panels[title])
    page.step()
    for title, keys in SECTIONS.items():
        for key in keys:
            page.painted(1, key, panels[title])
            assert page.pixels(key, panels[title]) != seen[title, key], key

    for key in MATRICES:
        page.painted(1, key)
    means = page.main.locator(".ipo-metric")
    expect(means).to_have_count(4)
    expect(means.first).to_contain_text("mean off-diagonal, weights")
    expect(means.first).to_contain_text(re.compile(r"[+−-]0\.\d{3}"))
    page.press("Close all")
    expect(page.figure("strength")).to_have_count(0)


def test_features_are_sorted_and_followed_through_the_panels(page: InspectorPage) -> None:
    page.step()
    features = eventually(lambda: page.column(1), "features")
    assert features == [str(number) for number in range(len(features))]
    page.sort_by_first_column()
    strengths = [float(cell) for cell in page.column(2)]
    assert strengths == sorted(strengths)
    page.sort_by_first_column()
    strengths = [float(cell) for cell in page.column(2)]
    assert strengths == sorted(strengths, reverse=True)
    winner = page.column(1)[0]

    panel = page.open_section("5 Feature novelty and win rate")
    page.painted(0, "win_rate", panel)
    page.click_first_feature()
    expect(page.main.get_by_text(f"Feature {winner}: ")).to_be_visible()
    expect(page.figure("win_rate", panel).locator(".probe")).to_contain_text(f"feature {winner} ·")

    page.figure("batch_images").locator(".picture").click(position={"x": 40, "y": 14})
    expect(page.main.get_by_text("covered by")).to_be_visible()
    expect(page.figure("reconstruction[1]")).to_have_attribute("data-painted", "0")
    page.step()
    expect(page.figure("reconstruction[1]")).to_have_attribute("data-painted", "1")
    expect(page.main.get_by_text(f"Feature {winner}: ")).to_be_visible()


def test_tabs_and_reloads_are_about_one_session(
    browser: Browser, served: AppServer, page: InspectorPage
) -> None:
    page.step()
    page.step()
    page.go_to(0)
    page.painted(0)
    pixels, loss = page.pixels(), page.loss
    second = InspectorPage.opened(browser, served)
    second.has_steps(2)
    assert second.loss == loss
    second.go_to(0)
    second.painted(0)
    assert second.pixels() == pixels
    second.press("Latest")
    assert second.step() == 2
    second.page.reload()
    second.idle()
    second.has_steps(3)
    second.fine()
    second.page.close()
    assert page.step("Step", shows=0) == 3  # this tab looks at the step that it chose
    assert page.pixels() == pixels


def test_two_steps_and_two_conditions_are_compared(page: InspectorPage) -> None:
    page.step("×10")
    panel = page.open_section("Compare")
    figures = panel.locator("figure")
    expect(panel.get_by_role("heading", name="slow, step 9")).to_be_visible(timeout=PATIENCE)
    expect(panel.get_by_role("heading", name="slow, step 0")).to_be_visible()
    expect(figures).to_have_count(3)

    page.choose("inspect_condition", "control")
    page.press("Beside")
    toolbar = page.below("inspect_toolbar")
    expect(toolbar).to_contain_text(re.compile(r"slow · 10 steps.*control · 10 steps"), timeout=PATIENCE)
    page.step()
    expect(toolbar).to_contain_text(re.compile(r"slow · 11 steps.*control · 11 steps"), timeout=PATIENCE)
    panel.get_by_text("the session beside it").click()
    expect(panel.get_by_role("heading", name="control, step 10")).to_be_visible(timeout=PATIENCE)
    page.choose("inspect_compared", "Images X")
    expect(figures).to_have_count(6, timeout=PATIENCE)
    batches = panel.locator('figure[data-key$="/batch_images"]')
    batches.first.scroll_into_view_if_needed()
    for batch in (batches.nth(0), batches.nth(1)):
        expect(batch).to_have_attribute("data-painted", "10", timeout=PATIENCE)
    assert page.pixels_of(batches.nth(0)) == page.pixels_of(batches.nth(1))
    weights = panel.locator('figure[data-key$="/encoder_weights"]')
    weights.first.scroll_into_view_if_needed()
    assert page.pixels_of(weights.nth(0)) != page.pixels_of(weights.nth(1))
    for end in (".low", ".high"):  # one scale
        assert weights.nth(0).locator(end).inner_text() == weights.nth(1).locator(end).inner_text()


def test_what_is_torn_down_is_gone_until_it_is_set_up_again(page: InspectorPage) -> None:
    page.step()
    page.press("Tear down")
    expect(page.main.get_by_text("No session is set up.", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(page.button("Step")).to_be_disabled()
    expect(page.page.locator("figure")).to_have_count(0)
    page.page.reload()
    expect(page.main.get_by_text("No session is set up.", exact=True)).to_be_visible(timeout=PATIENCE)
    page.press("Set up")
    page.has_steps(0)
    assert page.step() == 0


def test_a_session_is_saved_reopened_forked_and_exported(page: InspectorPage) -> None:
    page.step("×10")
    pixels, loss = page.pixels(), page.loss
    menu = page.menu()
    with page.page.expect_download() as download:
        menu.get_by_role("button", name="Step 9", exact=True).click()
    assert download.value.suggested_filename == "slow-seed0-step9.npz"
    with np.load(download.value.path()) as exported:
        assert exported["loss"] == pytest.approx(loss, abs=1e-4)
        assert exported["batch_images"].shape == (128, 784)
    with page.page.expect_download() as download:
        menu.get_by_role("button", name="History").click()
    assert download.value.path().read_text().count("\n") == 11

    menu.get_by_role("button", name="Save the session").click()
    saved = page.below("inspect_saved").locator("input")
    expect(saved).to_have_value(re.compile("slow · seed 0 · 10 steps"), timeout=PATIENCE)
    page.page.keyboard.press("Escape")
    page.begin_afresh()
    page.menu().get_by_role("button", name="Reopen").click()
    page.has_steps(10)
    page.painted(9)
    assert page.loss == loss
    eventually(lambda: page.pixels() == pixels, "batch as it was when the page has its width again")
    assert page.step() == 10

    page.menu().get_by_role("button", name="Fork").click()
    expect(page.below("inspect_toolbar")).to_contain_text(
        re.compile(r"slow · 11 steps.*slow · 11 steps"), timeout=PATIENCE
    )
