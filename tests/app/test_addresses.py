"""What an address leads to, and what the page says of one that leads nowhere."""

import json
from pathlib import Path

import pytest

from ipo.keys import Keys
from ipo.preference.storage.sessions import SessionFolder, SessionKey
from ipo.ui.page_paths import VALUE_MODEL
from ipo.ui.runtime.process import forget_workspaces
from tests.support.page import PreferencesPage
from tests.support.rows import fill_session

DEFAULT = SessionKey("misty harbour at dawn", 448, "procedural")


def words(page: PreferencesPage) -> str:
    return page.words().replace("\\", "")


def choice(page: PreferencesPage) -> str:
    """What the button beside the prompt says is in use."""
    return next(
        str(popover.proto.popover.label) for popover in page.app.get("popover") if "²" in str(popover.proto)
    )


@pytest.fixture
def filled(home: Path) -> SessionKey:
    """A session on disk that no address names by prompt and size alone."""
    return fill_session(home, rows=6, size=224)


def test_a_session_is_found_by_its_id_after_a_restart(filled: SessionKey) -> None:
    forget_workspaces()
    page = PreferencesPage.visited(session=filled.id)
    page.settle()
    assert page.session.key == filled and page.metric("Dataset rows") == "6"
    assert page.app.text_input(key=Keys.CURATION_PROMPT).value == filled.prompt
    assert page.app.selectbox(key=Keys.CURATION_SIZE).value == "224"
    assert choice(page) == "224² · procedural"


def test_the_address_of_the_value_model_names_the_session(filled: SessionKey) -> None:
    page = PreferencesPage.visited(size="224")
    page.settle()
    page.app.switch_page(VALUE_MODEL).run()
    bars = [one.proto for one in page.app.get("bidi_component") if one.proto.component_name == "ipo_address"]
    assert [json.loads(bar.json)["id"] for bar in bars] == [filled.id]


def test_what_is_typed_into_an_address_counts_more_than_the_session_in_it(filled: SessionKey) -> None:
    assert PreferencesPage.visited(session=filled.id, prompt=filled.prompt).session.key == filled
    assert PreferencesPage.visited(session=filled.id, prompt="moss").session.key.prompt == "moss"
    assert PreferencesPage.visited(session=filled.id, size="320").session.key.size == 320


@pytest.mark.parametrize(
    ("id_", "says"),
    [
        ("../../etc", "Session '../../etc' is none; the id of a session has 16 hexadecimal digits."),
        (
            "0123456789abcdef",
            "Session 0123456789abcdef is not in this project folder: No such file or directory.",
        ),
    ],
)
@pytest.mark.usefixtures("home")
def test_an_address_of_no_session_says_so_and_what_is_in_use(id_: str, says: str) -> None:
    page = PreferencesPage.visited(session=id_)
    assert not page.app.exception
    assert f"{says} In use: misty harbour at dawn · 448²." in words(page)
    assert page.session.key == DEFAULT


def test_a_session_of_a_decoder_that_is_not_here_is_named(home: Path) -> None:
    key = SessionKey("moss", 448, "dreams")
    SessionFolder(home, key).create()
    page = PreferencesPage.visited(session=key.id)
    assert (
        "Decoder 'dreams' is not here; "
        "procedural or diffusion or remote or ssvae would be right. In use: misty" in words(page)
    )


@pytest.mark.usefixtures("home")
def test_an_unknown_decoder_is_named_and_the_button_shows_what_is_in_use() -> None:
    page = PreferencesPage.visited(decoder="foo")
    assert (
        "Decoder 'foo' is not here; "
        "procedural or diffusion or remote or ssvae or pictures would be right. In use: misty" in words(page)
    )
    assert choice(page) == "448² · procedural"
    assert page.session.key == DEFAULT


@pytest.mark.parametrize(
    ("typed", "shown", "problem"),
    [
        ("320²", "320² · procedural", ""),
        ("320 px", "320² · procedural", ""),
        ("448²²", "448² · procedural", "Image size '448²²' is not a number of pixels"),
        ("450", "448² · procedural", "448 or 456 would be. In use: misty harbour at dawn · 448²."),
        ("huge", "448² · procedural", "'huge' is not a number of pixels; 448 would be right. In use: misty"),
    ],
)
@pytest.mark.usefixtures("home")
def test_the_button_shows_the_size_in_use_however_it_was_typed(typed: str, shown: str, problem: str) -> None:
    page = PreferencesPage.visited(size=typed)
    assert choice(page) == shown and problem in words(page)


@pytest.mark.usefixtures("home")
def test_nine_tiles_stay_nine_tiles_after_a_reload() -> None:
    page = PreferencesPage.visited(mode="Batch")
    assert page.app.segmented_control(key=Keys.CURATION_TILES).value == 4
    page = PreferencesPage.visited(mode="Batch", tiles="9 tiles")
    assert page.app.segmented_control(key=Keys.CURATION_TILES).value == 9
    decks = [
        json.loads(one.proto.json)
        for one in page.app.get("bidi_component")
        if "deck" in one.proto.component_name
    ]
    assert decks[0]["tiles"] == 9
