"""The digits model draws on the Preferences page, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from ipo.digits.folder import folder_in
from ipo.digits.training import checkpoint
from ipo.digits.training.trainer import InteractiveTrainer
from tests.support.app_server import AppServer
from tests.support.browser import Seen, row_folders, saved, seen
from tests.support.forked_server import ForkedServer
from tests.support.waiting import eventually
from tests.unit.digits.small import CONFIG, images, labels

pytestmark = pytest.mark.e2e

PATIENCE = 90_000  # milliseconds; bounds a hang only


@pytest.fixture
def trainer() -> InteractiveTrainer:
    trainer = InteractiveTrainer(CONFIG)
    trainer.train_epochs(1, images(), labels())
    return trainer


@pytest.fixture
def served(tmp_path: Path, trainer: InteractiveTrainer) -> Iterator[AppServer]:
    server = ForkedServer(tmp_path / "home")
    checkpoint.save(folder_in(server.home).checkpoint, trainer)
    server.start()
    yield server
    server.stop()


def test_images_are_judged_and_verified_after_the_model_went_on_learning(
    browser: Browser, served: AppServer, trainer: InteractiveTrainer
) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{served.url}/?prompt=7&size=64&decoder=ssvae")
    expect(page.locator(".st-key-curation_deck")).to_be_attached(timeout=PATIENCE)  # torch is loaded first
    judged: list[Seen] = []
    for key in ["ArrowRight", "ArrowLeft"] * 10:
        judged.append(seen(page, other_than=judged[-1].id if judged else ""))
        page.keyboard.press(key)
    eventually(lambda: len(row_folders(served.home)) == 20, "20 rows")
    assert [(row.id, row.pixels) for row in saved(served.home)] == [(one.id, one.pixels) for one in judged]
    expect(page.get_by_text("Predicted value")).to_be_visible()
    address = page.url

    served.stop()
    trainer.train_epochs(1, images(), labels())
    checkpoint.save(folder_in(served.home).checkpoint, trainer)
    served.start()
    page.goto(address + "&mode=Gallery")
    page.get_by_text("20 rows").wait_for()
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Decodes to the same bytes.")).to_be_visible()
    page.close()
