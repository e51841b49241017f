"""The Latent map page without a browser: what stands around the map, and what it says where there is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from background import Lane
from ipo.keys import Keys
from ipo.services.digits import DigitsService
from ipo.ui.page_paths import LATENT_MAP, SSVAE
from ipo.ui.runtime.process import workspace
from tests.support.app_server import MAIN_SCRIPT
from tests.support.lanes import drain, held
from tests.support.markdown import read
from tests.support.small_images import NAME, with_small_images


class LatentMapPage:
    """One tab on the page, in the project folder that `IPO_HOME` names."""

    def __init__(self, data: str | None = NAME) -> None:
        self.app = AppTest.from_file(str(MAIN_SCRIPT), default_timeout=60)
        self.app.run()
        self.app.switch_page(LATENT_MAP)
        if data is not None:
            self.app.query_params[Keys.DIGITS_DATA] = data
        self.draw()

    @property
    def service(self) -> DigitsService:
        return workspace().digits_services.service(self.app.session_state[Keys.DIGITS_DATA])

    def draw(self) -> None:
        """Draw the page, wait until nothing is under way, and draw it again as the server would."""
        self.beat()
        drain(workspace().background)
        self.beat()

    def beat(self) -> None:
        self.app.run()
        assert not self.app.exception

    def press(self, key: str) -> None:
        self.app.button(key=key).click()
        self.draw()

    def words(self) -> str:
        """All the text on the page, that of its bar too."""
        app = self.app
        elements = [*app.markdown, *app.caption, *app.warning, *app.error, *app.info, *app.html]
        bars = [str(bar.proto.text) for bar in app.get("progress")]
        return "\n".join([*(read(element.value) for element in elements), *bars])


@pytest.fixture
def small_home(home: Path) -> Iterator[Path]:
    """A project folder with small images, and a model for them that trains in a moment."""
    yield with_small_images(home)
    drain(workspace().background)


@pytest.fixture
def page(small_home: Path) -> LatentMapPage:
    return LatentMapPage()


def test_the_first_visit_says_how_many_labels_there_are_and_trains(page: LatentMapPage) -> None:
    assert "**0** labelled (0\u00a0%)" in page.words() and "Not trained yet" in page.words()
    page.service.digits.labels.label([1, 2, 3], 1)
    page.app.number_input(key=Keys.DIGITS_EPOCHS).set_value(1)
    page.press(Keys.DIGITS_START)
    assert "**3** labelled" in page.words() and "1 epoch trained" in page.words()
    assert page.app.button(key=Keys.DIGITS_START).label == "Continue"


def test_a_training_is_stopped_and_the_page_is_drawn_meanwhile(page: LatentMapPage) -> None:
    with held(workspace().background, Lane.TRAIN):
        page.app.button(key=Keys.DIGITS_START).click()
        page.beat()
        assert page.app.button(key=Keys.DIGITS_START).disabled
        page.app.button(key=Keys.DIGITS_STOP).click()
        page.beat()
    page.draw()
    assert not page.app.button(key=Keys.DIGITS_START).disabled


def test_without_digits_the_page_offers_to_fetch_them(home: Path) -> None:
    page = LatentMapPage(None)
    assert "label them by pointing" in page.words()
    assert not page.app.button(key=Keys.FETCH_MNIST).disabled


def test_both_pages_about_digits_show_the_same_images(page: LatentMapPage) -> None:
    page.app.switch_page(SSVAE)
    page.beat()
    assert page.app.selectbox(key=Keys.DIGITS_DATA).value == NAME
