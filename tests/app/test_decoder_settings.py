"""What a decoder of another package declares is drawn, kept with the session, and kept for the machine."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipo.decoders.machine_settings import load_machine_settings
from ipo.keys import Keys
from ipo.registry import decoder_kinds
from ipo.ui.preference.decoder_settings import declared_settings
from ipo.ui.runtime.process import forget_workspaces
from tests.support.installed_decoders import documented_decoder, forget_installed, install_decoder
from tests.support.page import GOOD, PreferencesPage
from tests.support.waiting import eventually


@pytest.fixture(autouse=True)
def stripes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "packages"
    install_decoder(folder, "stripes", documented_decoder(), "Stripes")
    monkeypatch.syspath_prepend(folder)
    decoder_kinds.cache_clear()
    yield
    forget_installed("stripes")


def key(name: str) -> str:
    return f"{Keys.CURATION_DECODER_SETTING}-stripes-{name}"


def opened(home: Path, **query: str) -> PreferencesPage:
    forget_workspaces()
    page = PreferencesPage.visited(**({} if "session" in query else {"prompt": "moss"}), **query)
    page.settle()
    return page


def apply(page: PreferencesPage) -> None:
    page.app.button(key=f"{Keys.CURATION_DECODER_APPLY}_stripes").click().run()
    page.settle()


def images(page: PreferencesPage) -> list[bytes]:
    shown = eventually(lambda: page.session.view([]).queue, "images in hand")
    return [one.candidate.png for one in shown]


def test_what_images_depend_on_is_another_session(home: Path) -> None:
    page = opened(home, decoder="stripes")
    warm, first = page.session.key, images(page)
    assert dict(warm.decoder_settings) == {"colours": "warm", "softness": 1.0}
    page.app.selectbox(key=key("colours")).set_value("cold")
    apply(page)
    cold = page.session.key
    assert dict(cold.decoder_settings) == {"colours": "cold", "softness": 1.0}
    assert cold.id != warm.id and images(page) != first
    page.app.number_input(key=key("softness")).set_value(0.5)
    apply(page)
    assert dict(page.session.key.decoder_settings) == {"colours": "cold", "softness": 0.5}
    page.app.selectbox(key=key("colours")).set_value("warm")
    page.app.number_input(key=key("softness")).set_value(1.0)
    apply(page)
    assert page.session.key == warm


def test_nothing_begins_on_the_way_from_one_number_to_another(home: Path) -> None:
    page = opened(home, decoder="stripes")
    first, sessions = page.session.key, list(page.workspace.sessions())
    for softness in (1.1, 1.2, 1.3):
        page.app.number_input(key=key("softness")).set_value(softness).run()
    page.settle()
    assert page.session.key == first and list(page.workspace.sessions()) == sessions
    page.app.number_input(key=key("softness")).set_value(1.3)
    apply(page)
    assert dict(page.session.key.decoder_settings)["softness"] == 1.3
    assert len(page.workspace.sessions()) == len(sessions) + 1


def test_a_session_comes_back_with_its_settings_after_a_restart(home: Path) -> None:
    page = opened(home, decoder="stripes")
    page.app.selectbox(key=key("colours")).set_value("cold")
    apply(page)
    images(page)
    page.judge([GOOD])
    cold = page.session.key
    forget_workspaces()
    again = PreferencesPage.visited(session=cold.id)
    again.settle()
    assert again.session.key == cold
    assert again.app.selectbox(key=key("colours")).value == "cold"


def test_what_no_image_depends_on_is_kept_for_the_machine(home: Path) -> None:
    page = opened(home, decoder="stripes")
    before, decoder = page.session.key, page.session.source
    page.app.selectbox(key=key("device")).set_value("cuda").run()
    page.settle()
    assert not page.app.exception
    assert load_machine_settings(home, "stripes", declared_settings("stripes")) == {"device": "cuda"}
    assert page.session.key == before
    images(page)
    forget_workspaces()
    assert opened(home, decoder="stripes").app.selectbox(key=key("device")).value == "cuda"
    assert decoder is not None


def test_the_menu_says_where_images_are_made_and_how_fast(home: Path) -> None:
    page = opened(home, size="64")
    images(page)
    page.settle()
    assert "Made on this machine, CPU. An image takes" in page.words()


def test_a_decoder_without_settings_has_none(home: Path) -> None:
    page = opened(home, size="64")
    assert page.session.key.decoder_settings == ()


def test_other_weights_are_said_and_somebody_chooses(home: Path, tmp_path: Path) -> None:
    module = tmp_path / "packages" / "stripes.py"

    def weights_are(weights: str) -> None:
        module.write_text(documented_decoder().replace('weights_hash=""', f'weights_hash="{weights}"'))
        forget_installed("stripes")
        importlib.invalidate_caches()

    def restarted(weights: str, **query: str) -> PreferencesPage:
        weights_are(weights)
        page = opened(home, **query)
        page.settle()
        return page

    page = restarted("0ld", decoder="stripes")
    images(page)
    page.judge([GOOD])
    old = page.session.key
    page = restarted("newer", session=old.id)
    assert "stripes 1 (weights 0ld). Now stripes 1 (weights newer) would make" in page.words()
    assert page.session.view([]).queue == []
    page.app.button(key=f"{Keys.CURATION_DECODER_CHANGE}_new").click().run()
    page.settle()
    assert not page.app.exception
    assert page.session.key.copy and page.session.key.prompt == old.prompt
    assert images(page)
    page = restarted("newer", session=old.id)
    weights_are("0ld")
    page.app.button(key=f"{Keys.CURATION_DECODER_CHANGE}_again").click().run()
    page.settle()
    assert images(page) and "would make" not in page.words()
    page = restarted("newer", session=old.id)
    page.app.button(key=f"{Keys.CURATION_DECODER_CHANGE}_accept").click().run()
    page.settle()
    assert page.session.key == old and images(page)
