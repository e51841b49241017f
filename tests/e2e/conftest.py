from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.app_server import AppServer
from tests.support.browser import chromium, open_page
from tests.support.forked_server import ForkedServer
from tests.support.rows import SIZE

expect.set_options(timeout=30_000)  # milliseconds: as long as `eventually`; bounds a hang only


@pytest.fixture(scope="package")  # its event loop stands in the way of other tests' own
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def server(tmp_path: Path) -> Iterator[AppServer]:
    server = ForkedServer(tmp_path / "home")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser, server: AppServer) -> Iterator[Page]:
    page = open_page(browser, f"{server.url}/?size={SIZE}")
    yield page
    page.close()
