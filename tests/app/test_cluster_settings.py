"""The page Settings: the cluster as a user meets it, and the project folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from ipo.cluster.connection import State
from ipo.cluster.settings import ADDRESS_VARIABLE, WhenLost, load_settings
from ipo.keys import Keys
from ipo.services.workspace import Workspace
from ipo.ui.page_paths import MAIN
from ipo.ui.runtime.process import forget_workspaces, workspace
from tests.support.clusters import two_workers
from tests.support.markdown import read
from tests.support.waiting import eventually

PATIENCE = 60


@pytest.fixture
def page(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.delenv(ADDRESS_VARIABLE, raising=False)
    yield visited()
    workspace().cluster_connection.disconnect()


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalCluster]:
    with two_workers() as cluster:
        yield cluster


def visited() -> AppTest:
    page = AppTest.from_file(MAIN, default_timeout=PATIENCE)
    page._page_hash = calc_hash("settings")  # `switch_page` knows of page addresses only after a run
    page.run()
    assert not page.exception
    return page


def settled(page: AppTest) -> Workspace:
    """Wait until nobody is asked any more, and draw the page again."""
    space = workspace()
    eventually(lambda: not space.cluster_connection.busy, "an answer")
    page.run()
    assert not page.exception
    return space


def drawn(page: AppTest) -> str:
    """All HTML of the page."""
    return "".join(each.proto.body for each in page.get("html"))


def connect(page: AppTest, address: str, when_lost: WhenLost = WhenLost.LOCAL) -> None:
    page.text_input(key=Keys.SETTINGS_CLUSTER_ADDRESS).set_value(address)
    page.radio(key=Keys.SETTINGS_CLUSTER_WHEN_LOST).set_value(when_lost)
    page.button(key=Keys.SETTINGS_CLUSTER_CONNECT).click().run()


def test_what_is_no_address_is_said_and_nothing_is_kept(page: AppTest, home: Path) -> None:
    connect(page, "localhost")
    assert "tcp://127.0.0.1:8786 would be one" in read(page.error[0].value)
    assert load_settings(home) is None


def test_a_scheduler_that_is_not_there_is_said_with_what_starts_one(page: AppTest, home: Path) -> None:
    connect(page, "tcp://127.0.0.1:1")
    settled(page)
    assert "ipo cluster" in read(page.error[0].value)
    page.button(key=Keys.SETTINGS_CLUSTER_DISCONNECT).click().run()
    assert not page.error and load_settings(home) is None


def test_a_connection_is_shown_kept_for_the_next_start_and_let_go(
    page: AppTest, home: Path, workers: LocalCluster
) -> None:
    connect(page, workers.scheduler_address, WhenLost.WAIT)
    space = settled(page)
    assert "2 workers are at work" in read(page.success[0].value)
    assert drawn(page).count(">tcp://") == 2
    kept = load_settings(home)
    assert kept is not None and kept.when_lost == WhenLost.WAIT
    space.cluster_connection.cluster.disconnect()
    forget_workspaces()
    again = visited()
    settled(again)
    assert "2 workers are at work" in read(again.success[0].value)
    again.button(key=Keys.SETTINGS_CLUSTER_DISCONNECT).click().run()
    assert load_settings(home) is None
    assert workspace().cluster_connection.status.state == State.OFF
    assert not again.success


def test_the_environment_goes_before_what_was_typed(
    home: Path, workers: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS_VARIABLE, workers.scheduler_address)
    page = visited()
    space = settled(page)
    assert space.cluster_connection.status.state == State.CONNECTED
    space.cluster_connection.disconnect()


def test_a_damaged_choice_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ADDRESS_VARIABLE, raising=False)
    home.mkdir(parents=True, exist_ok=True)
    (home / "cluster.json").write_text('{"address": 5}')
    page = visited()
    assert "cluster.json" in read(page.error[0].value)


def test_the_project_folder_is_measured(page: AppTest, home: Path) -> None:
    (home / "sessions").mkdir(parents=True, exist_ok=True)
    (home / "sessions" / "row.bin").write_bytes(b"x" * 2_000_000)
    eventually(lambda: not workspace().folder_sizes.running, "the sizes at first")
    page.run()
    page.button(key=Keys.SETTINGS_MEASURE).click().run()
    eventually(lambda: not workspace().folder_sizes.running, "the sizes")
    page.run()
    assert "sessions" in drawn(page) and "2.0 MB" in drawn(page)
