"""A file system without locks: whoever wants to write there is told which folder and what to do."""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from ipo.digits.folder import DigitsFolder
from ipo.digits.labels.store import LabelStore
from ipo.file_locks import LocksUnsupported, file_lock
from ipo.preference.storage.sessions import SessionFolder, SessionKey
from tests.support.judging import Person

WithoutLocks = Callable[[], AbstractContextManager[None]]


@pytest.fixture(params=[errno.ENOTSUP, errno.ENOLCK], ids=["ENOTSUP", "ENOLCK"])
def without_locks(request: pytest.FixtureRequest) -> WithoutLocks:
    """Within, the system refuses every lock, as some network mounts do."""

    def refuse(handle: int, operation: int) -> None:
        raise OSError(request.param, os.strerror(request.param))

    @contextmanager
    def refused() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fcntl, "flock", refuse)
            yield

    return refused


def names(folder: Path) -> str:
    return (
        rf"{folder} is on a file system without locks \(.+\).* Nothing was changed\. Set IPO_HOME to a folder"
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


def test_the_folder_and_the_remedy_are_named(without_locks: WithoutLocks, tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    with without_locks(), pytest.raises(LocksUnsupported, match=names(tmp_path)), file_lock(lock):
        pass
    with file_lock(lock):  # once it is mounted with locks
        pass


def test_other_errors_of_a_lock_are_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError), file_lock(tmp_path / "file" / ".lock"):
        pass


def test_a_label_that_could_not_be_given_changes_nothing_and_can_be_given_later(
    without_locks: WithoutLocks, tmp_path: Path
) -> None:
    labels = LabelStore(tmp_path, count=10)
    labels.label(1, 5)
    before = contents(tmp_path)
    with without_locks(), pytest.raises(OSError, match=names(tmp_path)):
        labels.label(2, 7)
    assert contents(tmp_path) == before and labels.snapshot().values.max() == 5
    assert labels.label(2, 7).count == 2


def test_a_training_does_not_begin(without_locks: WithoutLocks, tmp_path: Path) -> None:
    folder = DigitsFolder(tmp_path / "digits")
    with without_locks(), pytest.raises(OSError, match=names(folder.path)), folder.training():
        raise AssertionError("it began")
    with folder.training():
        pass


def test_the_random_numbers_of_a_session_stay_where_they_were(
    without_locks: WithoutLocks, tmp_path: Path
) -> None:
    session = SessionFolder(tmp_path, SessionKey("moss", 64, "flat"))
    session.create()
    with session.generator() as rng:
        rng.random()
    before = contents(session.path)
    with without_locks(), pytest.raises(OSError, match=names(session.path)), session.generator():
        raise AssertionError("a number was drawn")
    assert contents(session.path) == before


def test_the_deck_says_why_no_image_comes_and_retry_brings_one(
    without_locks: WithoutLocks, tmp_path: Path
) -> None:
    with without_locks():
        person = Person(tmp_path)
        assert person.queue == []
        said = person.session.view([]).error
        assert "is on a file system without locks" in said and str(tmp_path) in said
    person.session.retry()
    assert person.queue
