"""The pictures below a folder, by name alone: no file is opened."""

import os
from dataclasses import dataclass
from pathlib import Path

from ipo.jobs import SILENT, Progress
from ipo.pictures.reading import SUFFIXES
from ipo.visible import visible

MOST_FILES = 50_000  # whose vectors are held in memory


@dataclass(frozen=True, slots=True)
class File:
    """A file that may be a picture. Another size or time means that it is to be read again."""

    path: str  # below the folder, with `/`
    bytes: int
    mtime: int  # in nanoseconds


@dataclass(frozen=True, slots=True)
class PassedOver:
    """What is in a folder and cannot be judged, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """What is below a folder."""

    files: list[File]  # by path
    passed_over: list[PassedOver]


def list_pictures(folder: Path, progress: Progress = SILENT) -> Listing:
    """Every file below `folder` whose name ends like a picture's, hidden ones left out.

    Links are followed; a folder that they lead to twice is listed once. Raises `OSError` where the folder
    itself cannot be listed, and `Cancelled`.
    """
    files: list[File] = []
    passed_over: list[PassedOver] = []
    seen: set[tuple[int, int]] = set()
    waiting = [""]
    while waiting:
        progress.check()
        below = waiting.pop()
        path = folder / below
        try:
            status = path.stat()
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError as error:
            if not below:
                raise
            passed_over.append(PassedOver(below, f"the folder cannot be read: {error.strerror}"))
            continue
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        for entry in entries:
            if entry.name.startswith("."):
                continue
            inside = f"{below}/{entry.name}" if below else entry.name
            if _is_folder(entry):
                waiting.append(inside)
            elif entry.name.lower().endswith(SUFFIXES):
                _add(entry, inside, files, passed_over)
        progress.report(0, f"{len(files):,} pictures found")
    files.sort(key=lambda file: file.path)
    if len(files) > MOST_FILES:
        left = f"{len(files) - MOST_FILES:,} more pictures"
        passed_over.append(PassedOver(left, f"the first {MOST_FILES:,} of a folder can be judged at a time"))
    return Listing(files[:MOST_FILES], passed_over)


def why_no_folder(folder: Path) -> str:
    """What keeps a folder from being listed, and what would be right; empty if nothing does."""
    shown = visible(str(folder))
    if not folder.is_absolute():
        return f"{shown} says nothing about where it begins; a path like /home/me/renders would be right."
    try:
        next(os.scandir(folder), None)
    except FileNotFoundError:
        return f"There is no folder {shown}. Type the path of one that is there."
    except NotADirectoryError:
        return f"{shown} is a file; the folder that it is in would be right: {visible(str(folder.parent))}"
    except OSError as error:
        return f"The folder {shown} cannot be read: {error.strerror}. Allow it to be read, or type another."
    except ValueError:  # a zero byte
        return f"{shown} is no path."
    return ""


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _add(entry: os.DirEntry[str], inside: str, files: list[File], passed_over: list[PassedOver]) -> None:
    try:
        inside.encode()
        status = entry.stat()
    except UnicodeEncodeError:
        passed_over.append(PassedOver(visible(inside), "its name is not Unicode; rename it"))
    except OSError as error:
        passed_over.append(PassedOver(inside, f"it cannot be read: {error.strerror}"))
    else:
        files.append(File(inside, status.st_size, status.st_mtime_ns))
