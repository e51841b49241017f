"""The Latent map page without a browser: what stands around the map, and what it says where there is none."""

import html
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from background import Lane
from ipo.digits.labels.transfer import export_labels
from ipo.keys import Keys
from ipo.services.digits.label_transfers import IMAGES, IMPORT
from ipo.services.digits.service import DigitsService
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

    def open(self, tab: str) -> None:
        self.app.session_state[Keys.MAP_BELOW] = tab
        self.draw()

    def component(self, name: str) -> dict[str, Any]:
        """What a component is told."""
        protos = [element.proto for element in self.app.get("bidi_component")]
        return json.loads(next(proto.json for proto in protos if proto.component_name == name))

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
    assert "**0** of 400 labelled (0\u00a0%)" in page.words() and "Not trained yet" in page.words()
    page.service.digits.labels.label([1, 2, 3], 1)
    page.app.number_input(key=Keys.DIGITS_EPOCHS).set_value(1)
    page.press(Keys.DIGITS_START)
    assert "**3** of 400 labelled" in page.words() and "1 epoch trained" in page.words()
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


def test_the_images_of_the_address_are_opened_at_once(small_home: Path) -> None:
    app = AppTest.from_file(str(MAIN_SCRIPT), default_timeout=60)
    app.run()
    app.switch_page(LATENT_MAP)
    app.query_params[Keys.DIGITS_DATA] = NAME
    app.run()
    drain(workspace().background)
    assert workspace().digits_services.service(NAME).opened


def test_without_digits_the_page_offers_to_fetch_them(home: Path) -> None:
    page = LatentMapPage(None)
    assert "label them by pointing" in page.words()
    assert not page.app.button(key=Keys.FETCH_MNIST).disabled


def test_both_pages_about_digits_show_the_same_images(page: LatentMapPage) -> None:
    page.app.switch_page(SSVAE)
    page.beat()
    assert page.app.selectbox(key=Keys.DIGITS_DATA).value == NAME


def test_statistics_say_how_good_the_model_is_by_held_out_labels(page: LatentMapPage) -> None:
    assert page.words().count("It needs a training, and a label on a held-out image.") == 2
    page.service.borrow(300)
    page.app.number_input(key=Keys.DIGITS_EPOCHS).set_value(1)
    page.press(Keys.DIGITS_START)
    assert "**300 labels:" in page.words() and "Confusion: " in page.words()
    assert page.component("ipo_plot")["key"] in (Keys.MAP_ACCURACY, Keys.MAP_CONFUSION)


def test_where_every_held_out_label_is_right_there_are_no_mistakes_to_select(page: LatentMapPage) -> None:
    page.app.number_input(key=Keys.DIGITS_EPOCHS).set_value(1)
    page.service.borrow(20)
    page.press(Keys.DIGITS_START)
    digits = page.service.digits
    assert digits.predictions is not None
    digits.labels.label(range(400), None)
    for row in digits.held_out[:10].tolist():
        digits.labels.label([row], int(digits.predictions.probabilities[row].argmax()))
    page.draw()
    assert "Confusion: held-out accuracy 100" in page.words() and "could not be drawn" not in page.words()
    assert page.app.button(key=Keys.MAP_NO_MISTAKES).disabled


def test_what_is_not_open_below_the_map_is_not_computed(page: LatentMapPage) -> None:
    page.service.borrow(100)
    page.draw()
    assert page.service.label_review.version == (0, 0)
    page.open("Training")
    assert "Press Start: loss and accuracy appear here while the model trains." in page.words()


def test_a_wrong_label_is_kept_or_changed_with_a_button(page: LatentMapPage) -> None:
    page.open("Label review")
    assert "It needs two classes with 3 labels or more" in page.words()
    page.service.borrow(300)
    labels = page.service.digits.labels
    row = int(np.flatnonzero(labels.snapshot().values == 0)[0])
    labels.label(row, 1)
    page.draw()
    assert "in doubt, 300 reviewed" in page.words()
    doubts = page.service.label_review.doubts()
    assert row in [doubt.row for doubt in doubts]
    first, second = doubts[:2]
    page.press(f"{Keys.MAP_REVIEW_KEEP}_{first.row}_{first.label}")
    page.press(f"{Keys.MAP_REVIEW_CHANGE}_{second.row}_{second.label}")
    values = labels.snapshot().values
    assert (values[first.row], values[second.row]) == (first.label, second.suggested)
    assert "Ask again about 1 kept" in [button.label for button in page.app.button]
    assert LatentMapPage().service.label_review.review().confirmed == 1


def test_the_map_selects_the_doubtful_labels_that_it_is_asked_to(page: LatentMapPage) -> None:
    page.service.borrow(300)
    page.service.digits.labels.label(range(5), 7)
    page.open("Label review")
    assert page.component("ipo_latent_map")["select"] is None
    page.press(Keys.MAP_REVIEW_SELECT)
    doubts = page.service.label_review.doubts()
    assert page.component("ipo_latent_map")["select"]["rows"] == [doubt.row for doubt in doubts]


def test_a_damaged_file_of_labels_is_explained_and_read_again(page: LatentMapPage) -> None:
    path = page.service.digits.labels.path
    page.service.borrow(100)
    right = path.read_bytes()
    path.write_text("Serial,label\n7,many\n")
    page.draw()
    assert f"{path}, line 2" in page.words()
    assert "**100** of 400 labelled" in page.words()  # as they were
    for tab in ("Training", "Label review", "Statistics"):
        page.open(tab)
    assert path.read_text() == "Serial,label\n7,many\n"
    path.write_bytes(right)
    page.press(Keys.DIGITS_RETRY)
    assert not page.app.error


def with_images(home: Path, count: int, **arrays: NDArray[Any]) -> LatentMapPage:
    images = np.random.default_rng(0).integers(0, 256, (count, 8, 8), np.uint8)
    folder = home / "datasets" / "images"
    folder.mkdir(parents=True)
    np.savez(folder / "few.npz", images=images, **arrays)
    return LatentMapPage("few")


def test_ten_images_are_labelled_trained_and_reviewed(home: Path) -> None:
    page = with_images(home, 10)
    page.service.digits.labels.label(range(5), 3)
    page.service.digits.labels.label(range(5, 10), 4)
    page.app.number_input(key=Keys.DIGITS_EPOCHS).set_value(1)
    page.press(Keys.DIGITS_START)
    assert "**10** of 10 labelled (100\u00a0%)" in page.words() and not page.app.error
    for tab in ("Label review", "Training"):
        page.open(tab)
        assert not page.app.error


@pytest.mark.parametrize(("count", "names"), [(3, ["a", "b"]), (20, ["a"])])
def test_what_no_model_can_learn_says_so(home: Path, count: int, names: list[str]) -> None:
    page = with_images(home, count, class_names=np.array(names))
    assert "would be right" in page.words()
    assert page.app.button(key=Keys.DIGITS_START).disabled


def test_labels_of_one_class_alone_are_neither_doubted_nor_an_error(page: LatentMapPage) -> None:
    page.service.digits.labels.label(range(100), 3)
    page.open("Label review")
    assert "It needs two classes with 3 labels or more" in page.words() and not page.app.error


def test_names_of_classes_stand_as_they_are(home: Path) -> None:
    names = np.array(["*a*", ":red[b]", "`c`", "$d$ <i>"])
    labels = np.arange(40, dtype=np.uint8) % 4
    page = with_images(home, 40, class_names=names, labels=labels)
    page.service.borrow(40)
    page.open("Label review")
    doubts = page.service.label_review.doubts()
    assert doubts  # noise says nothing of its labels
    assert f"others: <b>{html.escape(names[doubts[0].suggested])}</b>" in page.words()
    label = page.app.button(key=f"{Keys.MAP_REVIEW_CHANGE}_{doubts[0].row}_{doubts[0].label}").label
    assert read(label) == names[doubts[0].suggested]


def test_labels_and_images_go_out_and_labels_come_back(page: LatentMapPage) -> None:
    page.open("Export and import")
    assert page.app.button(key=Keys.MAP_EXPORT_IMAGES).disabled
    labels = page.service.digits.labels
    labels.label([3, 5], 7)
    page.draw()
    page.press(Keys.MAP_EXPORT_IMAGES)
    export = workspace().session_jobs.last(IMAGES, NAME).last
    assert zipfile.ZipFile(export.path).namelist() == ["7/000003.png", "7/000005.png"]
    table = export_labels(labels, page.service.digits.data, "csv")
    labels.label([3, 5], None)
    page.app.file_uploader(key=Keys.MAP_IMPORT).upload("labels.csv", table, "text/csv")
    page.draw()
    assert "2 labels taken." in page.words()
    assert labels.snapshot().values[[3, 5]].tolist() == [7, 7]


def test_a_table_that_is_none_is_refused_in_a_sentence(page: LatentMapPage) -> None:
    page.open("Export and import")
    page.app.file_uploader(key=Keys.MAP_IMPORT).upload("labels.csv", b"hello", "text/csv")
    page.draw()
    assert workspace().session_jobs.last(IMPORT, NAME).problem
    assert page.app.caption[-1].value.startswith(":red[")
