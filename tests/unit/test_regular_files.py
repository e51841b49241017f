"""Promises of `open_regular`: whatever lies under a name, a reader comes back at once."""

import os
import socket
from pathlib import Path

import pytest

from ipo.regular_files import open_regular, read_regular


def test_a_file_and_a_link_to_one_are_read(tmp_path: Path) -> None:
    (tmp_path / "row.json").write_bytes(b"{}")
    (tmp_path / "link.json").symlink_to(tmp_path / "row.json")
    assert read_regular(tmp_path / "row.json", 2) == read_regular(tmp_path / "link.json", 2) == b"{}"


def test_a_pipe_does_not_block_and_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "row.json")
    with pytest.raises(ValueError, match=r"^row\.json is a named pipe; a file would be right$"):
        open_regular(tmp_path / "row.json")


def test_a_folder_a_device_and_a_socket_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)
    (tmp_path / "row.json").symlink_to("/dev/zero")
    with pytest.raises(ValueError, match="is a device; a file would be right"):
        open_regular(tmp_path / "row.json")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        with pytest.raises(OSError, match="No such device"):
            open_regular(tmp_path / "s")


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with open(tmp_path / "row.json", "wb") as file:
        file.truncate(10**12)
    with pytest.raises(ValueError, match=r"^row\.json has 1,000,000,000,000 bytes; up to 10 would be right$"):
        read_regular(tmp_path / "row.json", 10)


def test_handles_are_given_back_whatever_happens(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "row.json")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        with pytest.raises(ValueError):
            open_regular(tmp_path / "row.json")
    assert len(os.listdir("/proc/self/fd")) == before
