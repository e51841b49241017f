"""Promises of a fetch that a page starts: one at a time, and a failure in words."""

import threading
from pathlib import Path
from types import SimpleNamespace

from background import Background
from ipo.datasets.errors import FetchFailed
from ipo.jobs import Progress
from ipo.services.dataset_fetch import DatasetFetch
from ipo.services.workspace import Workspace
from tests.support.waiting import eventually


def test_it_runs_once_and_says_what_went_wrong_and_when_it_is_done(
    background: Background, tmp_path: Path
) -> None:
    begin, runs, done = threading.Event(), [], []

    def fetch(home: Path, progress: Progress) -> bool:
        begin.wait(10)
        runs.append(home)
        if len(runs) == 1:
            raise FetchFailed("npm: no way to the registry")
        return True

    dataset = SimpleNamespace(available=lambda home: len(runs) > 1, fetch=fetch)
    fetching = DatasetFetch("mails", dataset, tmp_path, background)
    for _ in range(2):
        fetching.start(lambda: done.append(1))
    assert fetching.busy and not fetching.available
    begin.set()
    eventually(lambda: fetching.problem, "problem")
    assert fetching.problem == "npm: no way to the registry" and runs == [tmp_path] and not done
    fetching.start(lambda: done.append(1))
    eventually(lambda: done, "end of the fetch")
    assert fetching.available and fetching.problem == ""


def test_mails_and_digits_are_each_fetched_into_the_project_folder(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert not workspace.fetches.mail.available and not workspace.fetches.mnist.available
