"""The wheel, installed apart from the checkout and started elsewhere, serves the same app."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from tests.support.app_server import ROOT, free_port
from tests.support.waiting import eventually

SOURCES = ("ipo", "pages", ".streamlit", "app.py", "background.py", "value_model.py")
PROJECT = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
PAGES = ("", "latent_map", "value_model", "ssvae", "inspect")  # the first stands at the root
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for `sys.path` with nothing but the wheel of this checkout."""
    checkout, wheels, target = (tmp_path_factory.mktemp(name) for name in ("checkout", "wheels", "target"))
    for name in (*SOURCES, *PROJECT):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, checkout / name)
    build = ("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(wheels))
    subprocess.run([*PIP, *build, "."], cwd=checkout, check=True)
    (wheel,) = wheels.glob("ipo-*.whl")
    subprocess.run([*PIP, "install", "--no-deps", "--no-index", "--target", str(target), wheel], check=True)
    return target


@pytest.fixture
def port(installed: Path, tmp_path: Path) -> Iterator[int]:
    """Of a server that `ipo run` started in an empty folder, for a user without settings."""
    port = free_port()
    env = {name: value for name, value in os.environ.items() if name != "IPO_HOME"}
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    server = subprocess.Popen(
        [sys.executable, installed / "bin" / "ipo", "run", "--server.headless=true", f"--server.port={port}"],
        cwd=tmp_path / "work",
        env={**env, "HOME": str(tmp_path / "home"), "PYTHONPATH": str(installed)},
        start_new_session=True,
    )
    try:
        eventually(lambda: answers("127.0.0.1", port), "server", seconds=60)
        yield port
    finally:
        os.killpg(server.pid, 15)
        server.wait(20)


def answers(address: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


def drawn(port: int, page: str) -> list[ForwardMsg]:
    """What the server sends to a tab that opens a page, until its script has ended."""
    request = BackMsg()
    request.rerun_script.page_name = page
    with connect(f"ws://127.0.0.1:{port}/_stcore/stream", subprotocols=["streamlit"], max_size=None) as tab:
        tab.send(request.SerializeToString())
        messages = list[ForwardMsg]()
        while not messages or messages[-1].WhichOneof("type") != "script_finished":
            messages.append(ForwardMsg.FromString(tab.recv(timeout=60)))
    return messages


def test_a_wheel_holds_every_file_of_the_app_and_takes_no_names_of_others(installed: Path) -> None:
    def files(folder: Path) -> set[Path]:
        return {at.relative_to(folder) for at in folder.rglob("*") if at.is_file() and at.suffix != ".pyc"}

    app = installed / "ipo" / "app"
    assert files(app / "pages") == files(ROOT / "pages")
    assert {at for at in files(installed / "ipo") if at.parts[0] != "app"} == files(ROOT / "ipo")
    for name in ("app.py", ".streamlit/config.toml"):
        assert (app / name).read_bytes() == (ROOT / name).read_bytes()
    names = {at.name for at in installed.iterdir() if at.suffix != ".dist-info"} - {"bin", "__pycache__"}
    assert names == {"ipo", "background.py", "value_model.py"}


def test_an_installed_app_runs_from_any_folder(port: int, tmp_path: Path, installed: Path) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health") as health:
        assert health.read() == b"ok"
        assert "_streamlit_xsrf" in health.headers["Set-Cookie"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as index:
        assert b"<title>" in index.read()
    assert not answers("127.0.0.2", port), "it listens on this machine's own name alone"

    components = set[str]()
    for page in PAGES:
        messages = drawn(port, page)
        session = next(message.new_session for message in messages if message.HasField("new_session"))
        assert Path(session.main_script_path).is_relative_to(installed)
        assert not session.config.gather_usage_stats
        elements = [message.delta.new_element for message in messages if message.HasField("delta")]
        assert [element.exception.message for element in elements if element.HasField("exception")] == []
        assert not any(message.HasField("page_not_found") for message in messages), page
        found = [element.bidi_component for element in elements if element.HasField("bidi_component")]
        components |= {component.component_name for component in found if component.js_content}
    assert "ipo_deck" in components

    assert {at.name for at in tmp_path.joinpath("work").iterdir()} == {"data"}
    assert list(tmp_path.joinpath("home").iterdir()) == []
