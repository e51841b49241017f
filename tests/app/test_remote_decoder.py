"""A session that another machine draws: the page says what is missing, and draws when a server answers."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ipo.decoders.machine_settings import load_machine_settings
from ipo.decoders.remote.access import TOKEN_VARIABLE, URL_VARIABLE
from ipo.keys import Keys
from ipo.registry import decoder_kinds
from ipo.ui.runtime.process import forget_workspaces
from tests.support.app_server import free_port
from tests.support.page import PreferencesPage
from tests.support.served_decoder import TOKEN, start_server
from tests.support.waiting import eventually


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    port = free_port()
    server = start_server(port)
    url = f"http://127.0.0.1:{port}"
    eventually(lambda: answers(url), "image server")
    yield url
    server.kill()
    server.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").is_success
    except httpx.TransportError:
        return False


def test_a_server_is_named_on_the_page_and_draws(home: Path, url: str) -> None:
    forget_workspaces()
    page = PreferencesPage.visited(prompt="moss", size="64", decoder="remote")
    page.settle()
    assert not page.app.exception
    said = " ".join(error.value for error in [*page.app.error, *page.app.warning])
    assert "No image server is named" in said
    page.app.text_input(key=f"{Keys.CURATION_DECODER_SETTING}-remote-url").set_value(url).run()
    page.settle()
    assert not page.app.exception
    assert load_machine_settings(home, "remote", decoder_kinds()["remote"].settings)["url"] == url
    assert page.session.key.decoder == "remote"
    shown = eventually(lambda: page.session.view([]).queue, "images in hand")
    assert shown[0].candidate.decoder["name"] == "served"


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_page_does_not_wait_for_servers_and_says_what_they_answered(
    home: Path, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipo.decoders.remote.image_server.DESCRIBE_SECONDS", 3.0)
    monkeypatch.setenv(URL_VARIABLE, silent)
    forget_workspaces()
    page = PreferencesPage.visited(prompt="moss", size="64", decoder="remote")
    assert "Asking the servers that draw" in page.words()
    page.settle()
    assert not page.app.exception
    assert f"{silent} gave no answer within 3 s" in page.words()


def test_an_address_that_turns_out_wrong_is_said_and_the_right_one_draws_again(
    home: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL_VARIABLE, url)
    forget_workspaces()
    page = PreferencesPage.visited(prompt="moss", size="64", decoder="remote")
    page.settle()
    page.settle()
    remote = page.session.key
    assert remote.decoder == "remote"
    servers = f"{Keys.CURATION_DECODER_SETTING}-remote-url"
    page.app.text_input(key=servers).set_value(f"http://127.0.0.1:{free_port()}").run()
    page.settle()
    page.settle()
    assert not page.app.exception
    assert "No image server answers" in page.words()
    page.app.text_input(key=servers).set_value("").run()
    page.settle()
    page.settle()
    assert not page.app.exception
    assert page.session.key == remote
