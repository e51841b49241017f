"""How large the project folder is, by its parts. Measured when asked for, and again where it is refreshed."""

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ipo.jobs import Progress, Submit
from ipo.services.background_cache import BackgroundCache, PortableJob


@dataclass(frozen=True)
class FolderSize:
    """A part of the project folder."""

    name: str
    bytes: int
    files: int


class FolderSizes:
    """The sizes of one project folder."""

    def __init__(self, home: Path, submit: Submit) -> None:
        self._home = home
        self._sizes: BackgroundCache[str, tuple[FolderSize, ...]] = BackgroundCache(submit, self._prepare)

    def get(self) -> tuple[FolderSize, ...] | None:
        """The parts, the largest first; `None` while they are measured for the first time."""
        return self._sizes.get("")

    def refresh(self) -> None:
        """Measure again."""
        self._sizes.refresh("")

    @property
    def problem(self) -> str:
        """Why they could not be measured; empty if they could."""
        return "" if self._sizes.error is None else str(self._sizes.error)

    @property
    def running(self) -> bool:
        return self._sizes.running

    @property
    def version(self) -> Any:
        return self._sizes.version

    def _prepare(self, _: str) -> PortableJob[tuple[FolderSize, ...]]:
        return PortableJob("measure the project folder", partial(measure_folder, self._home))


def measure_folder(home: Path, progress: Progress) -> tuple[FolderSize, ...]:
    """Each entry of a folder with all that is in it. What goes meanwhile does not count.

    Raises `OSError` where the folder itself cannot be read.
    """
    found = []
    entries = sorted(os.scandir(home), key=lambda entry: entry.name)
    for number, entry in enumerate(entries):
        progress.check()
        progress.report(number / len(entries), entry.name)
        found.append(_measure(entry, progress))
    return tuple(sorted(found, key=lambda size: -size.bytes))


def _measure(entry: "os.DirEntry[str]", progress: Progress) -> FolderSize:
    size = files = 0
    if not entry.is_dir():
        return FolderSize(entry.name, _bytes(Path(entry.path)), 1)
    for folder, _, names in os.walk(entry.path):
        progress.check()
        files += len(names)
        size += sum(_bytes(Path(folder, name)) for name in names)
    return FolderSize(entry.name, size, files)


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # gone meanwhile, or a link that leads nowhere
        return 0
