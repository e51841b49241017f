"""What stands around the latent map in a real browser: it follows the labels."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from ipo.digits.folder import folder_in
from ipo.digits.split import split_of
from tests.support.app_server import AppServer
from tests.support.forked_server import ForkedServer
from tests.support.latent_map_tab import COUNT, PATIENCE, LatentMapTab, with_trained_model
from tests.support.small_images import NAME
from tests.unit.digits.small import CONFIG, digits

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """True labels on every held-out image."""
    server = ForkedServer(with_trained_model(tmp_path_factory.mktemp("map") / "home"))
    held_out = np.sort(split_of(COUNT, CONFIG).validation)
    lines = [f"{row},{digits()[1][row]}" for row in held_out]
    path = folder_in(server.home, NAME).path / "labels.csv"
    path.write_text("\n".join(["Serial,label", *lines]) + "\n")
    with server.running():
        yield server


@pytest.fixture
def tab(browser: Browser, served: AppServer) -> Iterator[LatentMapTab]:
    tab = LatentMapTab(browser, served)
    yield tab
    tab.close()


def test_a_label_is_counted_at_once(tab: LatentMapTab) -> None:
    expect(tab.page.get_by_text("40 of 400 labelled")).to_be_visible(timeout=PATIENCE)
    tab.press("n", "3")
    expect(tab.page.get_by_text("41 of 400 labelled")).to_be_visible(timeout=PATIENCE)
    expect(tab.page.get_by_text("41 labels: 1 teach, 40 measure")).to_be_visible()
    tab.press("z")
    expect(tab.page.get_by_text("40 of 400 labelled")).to_be_visible()
