"""What a decoder of another package declares is drawn, kept with the session, and kept for the machine."""

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
    page = PreferencesPage.visited(prompt="moss", **query)
    page.settle()
    return page


def images(page: PreferencesPage) -> list[bytes]:
    shown = eventually(lambda: page.session.view([]).queue, "images in hand")
    return [one.candidate.png for one in shown]


def test_what_images_depend_on_is_another_session(home: Path) -> None:
    page = opened(home, decoder="stripes")
    warm, first = page.session.key, images(page)
    assert dict(warm.decoder_settings) == {"colours": "warm", "softness": 1.0}
    page.app.selectbox(key=key("colours")).set_value("cold").run()
    page.settle()
    cold = page.session.key
    assert dict(cold.decoder_settings) == {"colours": "cold", "softness": 1.0}
    assert cold.id != warm.id and images(page) != first
    page.app.number_input(key=key("softness")).set_value(0.5).run()
    page.settle()
    assert dict(page.session.key.decoder_settings) == {"colours": "cold", "softness": 0.5}
    page.app.selectbox(key=key("colours")).set_value("warm").run()
    page.app.number_input(key=key("softness")).set_value(1.0).run()
    page.settle()
    assert page.session.key == warm


def test_a_session_comes_back_with_its_settings_after_a_restart(home: Path) -> None:
    page = opened(home, decoder="stripes")
    page.app.selectbox(key=key("colours")).set_value("cold").run()
    page.settle()
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
