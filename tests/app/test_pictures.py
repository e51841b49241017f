"""The Preferences page over a folder of pictures: begun, judged, read again, and what is said of faults."""

import shutil
from pathlib import Path

import pytest

from ipo.keys import Keys
from ipo.pictures.pool import NAME
from tests.support.embedder import CHECKOUT
from tests.support.page import BAD, GOOD, PreferencesPage
from tests.support.pictures import fill_folder

FOLDER = f"{Keys.CURATION_DECODER_SETTING}-{NAME}-folder"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fill_folder(tmp_path / "my renders", 6)


@pytest.fixture
def embedder(home: Path) -> None:
    home.mkdir()
    (home / "embedders").symlink_to(CHECKOUT / "embedders")


def typed(page: PreferencesPage, folder: Path) -> None:
    page.app.text_input(key=FOLDER).set_value(str(folder)).run()
    page.settle()


def test_without_a_folder_or_an_embedder_nothing_else_is_judged_and_the_page_says_what_to_do(
    home: Path, folder: Path
) -> None:
    page = PreferencesPage.visited(decoder=NAME)
    assert "Type the folder of your pictures above." in page.words() and not page.app.exception
    assert Keys.CURATION_SESSION not in page.app.session_state
    page.app.text_input(key=FOLDER).set_value(str(folder)).run()
    assert "17 MB, fetched once" in page.words()
    assert page.app.button(key=Keys.CURATION_EMBEDDER_FETCH).label.startswith("Fetch EfficientNet")
    (home / "embedders").symlink_to(CHECKOUT / "embedders")
    page.app.run()
    page.settle()
    assert page.session.key.name == "my renders · pictures" and not page.app.exception


@pytest.mark.usefixtures("embedder")
def test_a_folder_is_judged_and_comes_back_with_the_address(home: Path, folder: Path) -> None:
    page = PreferencesPage.visited(decoder=NAME)
    typed(page, folder)
    assert page.session.key.name == "my renders · pictures"
    assert "6 pictures." in page.words() and not page.app.exception
    proposer = next(box for box in page.app.selectbox if box.label == "Proposer")
    assert proposer.options[3:5] == ["uncertain", "surprising"]
    page.judge([GOOD, BAD, GOOD])
    page.settle()
    assert page.metric("Dataset rows") == "3" and page.metric("Good / Bad") == "2 / 1"
    modes = page.app.get("button_group")[0].proto.options  # type: ignore[attr-defined]
    assert [mode.content for mode in modes] == ["Batch", "Queue", "Pair", "Gallery"]
    again = PreferencesPage.visited(session=page.session.key.id)
    again.settle()
    assert again.session is page.session
    assert again.app.text_input(key=FOLDER).value == str(folder)
    again.app.selectbox(key=Keys.CURATION_DECODER).set_value("procedural").run()
    assert again.session.pool is None and not again.app.exception


@pytest.mark.usefixtures("embedder")
def test_what_is_wrong_with_a_folder_is_said_and_the_rest_is_judged(home: Path, folder: Path) -> None:
    (folder / "diary.jpg").write_text("dear diary")
    page = PreferencesPage.visited(decoder=NAME)
    typed(page, folder / "nowhere")
    assert "There is no folder" in page.words()
    typed(page, folder)
    assert "diary.jpg: it is no PNG, JPEG or WebP, whatever its name says." in page.words()
    page.judge([GOOD])
    shutil.rmtree(folder)
    page.app.button(key=Keys.CURATION_PICTURES_READ).click().run()
    page.settle()
    assert "There is no folder" in page.words()
    assert page.metric("Dataset rows") == "1" and not page.app.exception
