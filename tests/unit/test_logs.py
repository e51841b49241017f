"""Promises of the log: one file in the project folder, every line once, the newest last."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipo.logs import LOG_NAME, last_lines, set_debug, start_logging

ROOT = logging.getLogger("ipo")
logger = logging.getLogger("ipo.tests")


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    handlers, level = list(ROOT.handlers), ROOT.level
    ROOT.handlers.clear()
    ROOT.setLevel(logging.NOTSET)
    yield
    for handler in ROOT.handlers:
        handler.close()
    ROOT.handlers[:] = handlers
    ROOT.setLevel(level)


def test_the_last_lines_come_oldest_first(tmp_path: Path) -> None:
    start_logging(tmp_path)
    for number in range(10):
        logger.info("line %d", number)
    assert [line.rsplit(": ")[-1] for line in last_lines(tmp_path, 3)] == ["line 7", "line 8", "line 9"]
    assert len(last_lines(tmp_path, 200)) == 10


def test_nothing_logged_yet_is_no_error(tmp_path: Path) -> None:
    assert last_lines(tmp_path, 5) == []


def test_starting_twice_writes_every_line_once(tmp_path: Path) -> None:
    start_logging(tmp_path)
    start_logging(tmp_path)
    logger.info("once")
    assert len(last_lines(tmp_path, 10)) == 1


def test_another_project_folder_gets_the_lines_from_then_on(tmp_path: Path) -> None:
    start_logging(tmp_path / "a")
    logger.info("first")
    start_logging(tmp_path / "b")
    logger.info("second")
    assert [len(last_lines(tmp_path / name, 10)) for name in "ab"] == [1, 1]
    assert last_lines(tmp_path / "b", 1)[0].endswith("ipo.tests: second")


@pytest.mark.parametrize("gone", ["file", "folder", "moved"])
def test_a_log_that_was_removed_is_begun_again(tmp_path: Path, gone: str) -> None:
    home = tmp_path / "home"
    start_logging(home)
    logger.info("before")
    if gone == "file":
        (home / LOG_NAME).unlink()
    elif gone == "folder":
        shutil.rmtree(home)
    else:
        home.rename(tmp_path / "elsewhere")
    logger.info("after")
    logger.info("and on")
    assert [line.rsplit(": ")[-1] for line in last_lines(home, 9)] == ["after", "and on"]


def test_a_log_that_cannot_be_begun_again_stops_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    start_logging(home)
    shutil.rmtree(home)
    home.write_text("a file where the folder was")
    logger.info("nowhere to go")
    assert capsys.readouterr().err == ""
    home.unlink()
    logger.info("back again")
    assert len(last_lines(home, 9)) == 1


def test_debug_lines_are_written_only_at_level_debug(tmp_path: Path) -> None:
    start_logging(tmp_path)
    logger.debug("hidden")
    set_debug(True)
    logger.debug("seen")
    set_debug(False)
    logger.debug("hidden again")
    assert [line.endswith("seen") for line in last_lines(tmp_path, 10)] == [True]


def test_a_line_says_when_how_bad_where_and_what(tmp_path: Path) -> None:
    start_logging(tmp_path)
    logger.warning("row %s", "000007")
    (line,) = last_lines(tmp_path, 1)
    assert line[2] == line[5] == ":"
    assert line.endswith("WARNING ipo.tests: row 000007")


def test_bytes_that_are_no_text_do_not_hide_the_log(tmp_path: Path) -> None:
    (tmp_path / LOG_NAME).write_bytes(b"fine\n\xff\xfe\nalso fine\n")
    lines = last_lines(tmp_path, 3)
    assert (lines[0], lines[2]) == ("fine", "also fine")


def test_the_log_rotates_before_it_fills_the_disk(tmp_path: Path) -> None:
    start_logging(tmp_path)
    for _ in range(9):
        logger.info("x" * 999_000)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 6_000_000


def test_a_project_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        start_logging(tmp_path / "file")
