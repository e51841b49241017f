"""Judging while images are made and fits are done on a cluster, which loses a worker and then everything."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client
from playwright.sync_api import Browser

from ipo.cluster.settings import ADDRESS_VARIABLE
from tests.support.app_server import ROOT
from tests.support.browser import open_page, saved, seen
from tests.support.forked_server import ForkedServer
from tests.support.rows import SIZE
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e

ROWS, KILLED_AFTER, LOST_AFTER = 40, 20, 30


@pytest.fixture
def scheduler() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`ipo cluster` in a process of its own, and its address."""
    program = "from ipo.cli.main import main; main()"
    command = [sys.executable, "-c", program, "cluster", "--workers", "2", "--port", "0"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        address = re.search(r"tcp://[\d.:]+", served.stdout.readline())
        assert address is not None
        yield served, address[0]
        served.kill()


def test_forty_images_are_judged_whatever_becomes_of_the_cluster(
    browser: Browser, scheduler: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, address = scheduler
    home = tmp_path / "home"
    server = ForkedServer(home, env={ADDRESS_VARIABLE: address})
    server.start()
    with Client(address, set_as_default=False) as client:
        pids = client.run(os.getpid)
        client.get_task_stream()  # notes tasks from now on
        page = open_page(browser, f"{server.url}/?size={SIZE}")
        judged: list[str] = []
        for number in range(ROWS):
            if number == KILLED_AFTER:
                assert client.get_task_stream()
                os.kill(next(iter(pids.values())), signal.SIGKILL)
            if number == LOST_AFTER:
                process.kill()
            now = seen(page, other_than=judged[-1] if judged else "")
            judged.append(now.id)
            page.keyboard.press("ArrowRight" if number % 2 else "ArrowLeft")
    eventually(lambda: len(saved(home)) == ROWS, "all rows")
    assert [row.id for row in saved(home)] == judged
    log = (home / "ipo.debug.log").read_text()
    assert f"connected to {address} with 2 workers" in log
    assert "does not answer any more" in log
    page.close()
    server.stop()
