"""Promises of durable writes: readers see the old content or the new, never a part."""

import errno
import os
from pathlib import Path

import pytest

from ipo.durable import replace_file, sync_folder, write_synced
from tests.support.small_disk import small_disk


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"old", b"", b"new" * 100_000):
        replace_file(path, content)
        assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("old", [None, b"old"])
def test_an_interrupted_replacement_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, old: bytes | None
) -> None:
    path = tmp_path / "file"
    if old is not None:
        path.write_bytes(old)

    def fail(*arguments: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(os, step, fail)
        replace_file(path, b"new")
    assert os.listdir(tmp_path) == ([] if old is None else ["file"])
    assert old is None or path.read_bytes() == old


def test_a_full_disk_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_file(path, b"old")
    with small_disk(50), pytest.raises(OSError):
        replace_file(path, b"new" * 100)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]
    replace_file(path, b"new" * 100)
    assert path.read_bytes() == b"new" * 100


def test_content_is_flushed_before_it_takes_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    fsync = os.fsync
    seen: list[bytes] = []

    def look(handle: int) -> None:
        seen.append(path.read_bytes())
        fsync(handle)

    monkeypatch.setattr(os, "fsync", look)
    replace_file(path, b"new")
    assert seen == [b"old", b"new"]  # the file, then the folder that names it


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_synced(tmp_path / "no" / "file", b"")
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "no")
