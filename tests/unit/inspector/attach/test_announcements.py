"""Promises of the list of trainings: only this user's, only those that are there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ipo.inspector.attach import announcements
from ipo.inspector.attach.announcements import announce, offers, withdraw


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def test_an_offer_is_listed_until_it_is_withdrawn_and_nobody_else_can_read_it() -> None:
    made = announce("mine", "http://127.0.0.1:1", "secret")
    assert [offer.name for offer in offers()] == ["mine"]
    assert made.path is not None
    assert made.path.stat().st_mode & 0o077 == 0
    assert made.path.parent.stat().st_mode & 0o077 == 0
    withdraw(made)
    withdraw(made)
    assert offers() == []


def test_those_of_processes_that_are_gone_are_removed() -> None:
    made = announce("mine", "http://127.0.0.1:1", "secret")
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True
    )
    assert made.path is not None
    record = json.loads(made.path.read_text()) | {"pid": int(gone.stdout), "name": "gone"}
    stale = made.path.with_name("1-x.json")
    stale.write_text(json.dumps(record))
    (made.path.parent / "2-y.json").write_text("{")
    assert [offer.name for offer in offers()] == ["mine"]
    assert not stale.exists()


@pytest.mark.skipif(os.name == "nt", reason="modes of folders are those of POSIX")
def test_a_folder_that_others_can_write_to_is_not_used() -> None:
    announcements.folder().mkdir()
    announcements.folder().chmod(0o777)
    assert announce("mine", "http://127.0.0.1:1", "secret").path is None
    assert offers() == []
