"""What Streamlit's settings say of who may use the server, and what is served beside its pages."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit import config

from ipo.ui.server import Server, read_allowlist

LOCAL, SETTINGS = ("localhost", "8501"), "tests"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    names = (
        "server.address",
        "server.allowedHosts",
        "server.corsAllowedOrigins",
        "server.enableCORS",
        "server.baseUrlPath",
    )
    before = {name: config.get_option(name) for name in names}
    yield
    for name, value in before.items():
        config.set_option(name, value, SETTINGS)


def with_settings(**settings: Any) -> None:
    for name, value in settings.items():
        config.set_option(f"server.{name}", value, SETTINGS)


def test_by_default_the_machine_answers_loopback_names_alone() -> None:
    with_settings(address="127.0.0.1")
    allowlist = read_allowlist()
    assert allowlist.allows_host("localhost") and not allowlist.allows_host(
        socket.gethostname().lower() + "x"
    )
    assert allowlist.allows_origin("http://localhost:8501", LOCAL)
    assert not allowlist.allows_origin("http://localhost:9000", LOCAL)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "Box.example.org"])
def test_a_server_for_other_machines_answers_to_its_own_name(address: str) -> None:
    with_settings(address=address)
    name = socket.gethostname().lower()
    assert read_allowlist().allows_host(name) and read_allowlist().allows_host(f"{name}.local")
    assert read_allowlist().allows_host("box.example.org") == (address == "Box.example.org")


def test_settings_name_more_hosts_and_origins() -> None:
    with_settings(allowedHosts=["a.example.org"], corsAllowedOrigins=["https://b.example.org"])
    allowlist = read_allowlist()
    assert allowlist.allows_host("a.example.org") and allowlist.allows_host("b.example.org")
    assert allowlist.allows_origin("https://b.example.org", LOCAL)
    assert not allowlist.allows_origin("https://c.example.org", LOCAL)
    with_settings(enableCORS=False)
    assert read_allowlist().allows_origin("https://c.example.org", LOCAL)


@pytest.mark.parametrize("base", ["", "/a/b"])
def test_pages_are_found_by_their_other_names_too(base: str) -> None:
    with_settings(baseUrlPath=base)
    client = TestClient(Starlette(routes=Server().routes), follow_redirects=False)
    assert client.get(f"{base}/preferences?prompt=7").headers["location"] == f"{base}/?prompt=7"
    assert client.get(f"{base}/inspector").headers["location"] == f"{base}/inspect"
