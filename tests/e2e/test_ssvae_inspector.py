"""The training of digits on the Inspect page, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.forked_server import ForkedServer
from tests.support.inspector_page import PATIENCE, InspectorPage, with_mnist
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e

FIRST = {
    "Input": ["batch_images", "strong_images", "labelled_images", "noise"],
    "Forward": ["latent_mean", "latent_deviation", "weak_probabilities", "guess_probabilities", "counts"],
    "Backward": ["encoder.0/weight_gradient", "classifier/weight_gradient"],
    "Post step": ["encoder.0/weight_update", "classifier/weight_update"],
}


@pytest.fixture
def page(browser: Browser, tmp_path: Path, mnist_datasets: Path) -> Iterator[InspectorPage]:
    server = ForkedServer(with_mnist(tmp_path / "home", mnist_datasets))
    server.start()
    page = InspectorPage.opened(browser, server)
    yield page
    page.fine()
    page.page.close()
    server.stop()


def test_a_batch_of_digits_with_all_its_loss_is_made_of(page: InspectorPage) -> None:
    page.choose("inspect_recipe", "ssvae")
    page.press("Set up afresh")
    eventually(lambda: "full · 0 steps" in page.says, "the session")
    assert page.step() == 0
    assert page.step() == 1
    page.painted(1, "reconstruction")
    for term in ("Reconstruction error", "KL", "Cross-entropy of labels", "Consistency"):
        expect(page.below("inspect_timeline").get_by_text(term, exact=True)).to_be_visible()
    page.press("Open all")
    for title, keys in FIRST.items():
        for key in keys:
            page.painted(1, key, page.section(title))
    page.section("Input").locator("summary").click()
    expect(page.button("Open all")).to_be_visible()

    page.run_until("loss below", threshold_loss="250")
    expect(page.page.get_by_test_id("stPopoverBody")).to_have_count(0)
    expect(page.main.get_by_text("is below 250.")).to_be_visible(timeout=PATIENCE)
    page.idle()
    page.choose("inspect_condition", "no consistency")
    page.press("Beside")
    eventually(lambda: "no consistency" in page.says, "the session beside it")
    page.idle()
    assert page.step() > 1
