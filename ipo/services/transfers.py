"""Renaming, duplicating, exporting and importing sessions, on the lanes."""

import re
import time
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import BinaryIO

from background import Lane
from ipo.jobs import Progress
from ipo.preference.storage.pairs import PairStore
from ipo.preference.storage.rows import RowStore
from ipo.preference.storage.sessions import SessionFolder, SessionInfo, SessionKey
from ipo.preference.transfer.archive import export_zip, exports_folder, row_folders
from ipo.preference.transfer.imagefolder import export_imagefolder
from ipo.preference.transfer.importing import Imported, duplicate, import_zip, title_of_copy
from ipo.preference.transfer.judgements import Exported
from ipo.preference.transfer.parquet import export_table
from ipo.preference.transfer.pickapic import export_pickapic
from ipo.project import why_unusable
from ipo.registry import open_source
from ipo.services.background_cache import PortableJob
from ipo.services.session_jobs import SessionJob
from ipo.services.workspace import Workspace


class Task(StrEnum):
    """What can be done with a session."""

    RENAME = "rename"
    DUPLICATE = "duplicate"
    ZIP = "zip"
    TABLE = "table"
    IMAGEFOLDER = "imagefolder"
    PICKAPIC = "pickapic"
    IMPORT = "import"
    ARCHIVE = "archive"
    DELETE = "delete"
    RESTORE = "restore"


ANY_SESSION = ""  # whom these are about: the session is not at work yet, or will not be any more
ABOUT_ANY = (Task.IMPORT, Task.ARCHIVE, Task.DELETE, Task.RESTORE)


@dataclass(frozen=True)
class Export:
    """A file that is ready to be downloaded."""

    path: Path
    content: Exported
    size: int  # bytes
    made_at: float  # seconds since the epoch


def start_renaming(space: Workspace, key: SessionKey, title: str) -> SessionJob:
    """Give a session a title; an empty one brings the default name back."""
    job = PortableJob("rename session", partial(rename, space.home, key, title))

    def adopt(_: str) -> None:
        space.retitle(key, space.session(key).folder.title())  # an open session remembers what it reads

    return space.session_jobs.begin(Task.RENAME, key.id, Lane.DECODE, job, adopt)


def start_duplicating(space: Workspace, key: SessionKey) -> SessionJob:
    """Make a session of its own that begins with the rows of this one."""
    space.refresh(key)
    title = title_of_copy(space.name(key), space.names().values())
    job = PortableJob("duplicate session", partial(duplicate_rows, space.home, key, title))
    return space.session_jobs.begin(Task.DUPLICATE, key.id, Lane.CV, job, partial(_list, space))


def start_exporting(space: Workspace, key: SessionKey, task: Task) -> SessionJob:
    """Write a file to download.

    `Task.ZIP` has everything, `Task.TABLE` labels and lineage; `Task.IMAGEFOLDER` and `Task.PICKAPIC` are for
    training.
    """
    space.refresh(key)
    name = f"{_slug(space.name(key))}-{key.id[:8]}"
    if task == Task.ZIP:
        work = partial(export_archive, space.home, key, name)
    else:
        work = partial(_EXPORTS[task], space.home, key, name, space.latent_shape(key))
    job = PortableJob(f"export {task}", work)
    return space.session_jobs.begin(task, key.id, Lane.CV, job, lambda export: None)


def start_importing(space: Workspace, archive: BinaryIO) -> SessionJob:
    """Take in the session of a zip file; where it is open, its new rows are there at once."""

    def adopt(imported: Imported) -> None:
        _list(space, imported.session)
        space.refresh(imported.session.key)

    job = PortableJob("import session", partial(import_archive, space.home, archive))
    return space.session_jobs.begin(Task.IMPORT, ANY_SESSION, Lane.CV, job, adopt)


def rename(home: Path, key: SessionKey, title: str) -> str:
    """The title as it is on disk then. Raises `OSError` or `ValueError`."""
    _check_home(home)
    return SessionFolder(home, key).rename(title)


def duplicate_rows(home: Path, key: SessionKey, title: str, progress: Progress) -> SessionInfo:
    """Copy a session. Raises `OSError`, or `ValueError` where it has no rows."""
    _check_rows(home, key)
    return duplicate(home, key, title, progress)


def export_archive(home: Path, key: SessionKey, name: str, progress: Progress) -> Export:
    """Write everything of a session to a zip file. Raises `OSError`, or `ValueError` where it has no rows."""
    _check_rows(home, key)
    path = exports_folder(home) / f"{name}.zip"
    return _exported(path, export_zip(SessionFolder(home, key), path, progress))


def export_lineage(
    home: Path, key: SessionKey, name: str, latent_shape: tuple[int, ...], progress: Progress
) -> Export:
    """Write labels and lineage to a Parquet file. Raises `OSError`, or `ValueError` where it has no rows."""
    _check_rows(home, key)
    path = exports_folder(home) / f"{name}.parquet"
    rows = RowStore(SessionFolder(home, key).path, latent_shape)
    return _exported(path, export_table(rows, path, progress))


def export_images(
    home: Path, key: SessionKey, name: str, latent_shape: tuple[int, ...], progress: Progress
) -> Export:
    """Write rows and pairs to a zip that is an image folder. Raises `OSError` or `ValueError`."""
    _check_rows(home, key)
    path = exports_folder(home) / f"{name}-imagefolder.zip"
    session = SessionFolder(home, key).path
    rows, pairs = RowStore(session, latent_shape), PairStore(session, latent_shape)
    return _exported(path, export_imagefolder(rows, pairs, path, progress))


def export_pairs(
    home: Path, key: SessionKey, name: str, latent_shape: tuple[int, ...], progress: Progress
) -> Export:
    """Write pairs as Pick-a-Pic has them. Raises `OSError` or `ValueError`."""
    _check_rows(home, key)
    path = exports_folder(home) / f"{name}-pickapic.parquet"
    pairs = PairStore(SessionFolder(home, key).path, latent_shape)
    return _exported(path, export_pickapic(pairs, path, progress))


_EXPORTS = {Task.TABLE: export_lineage, Task.IMAGEFOLDER: export_images, Task.PICKAPIC: export_pairs}


def import_archive(home: Path, archive: BinaryIO, progress: Progress) -> Imported:
    """Take in the session of a zip file. Raises `OSError` or `ValueError`."""
    _check_home(home)
    return import_zip(home, archive, partial(_latent_shape, home), progress)


def _exported(path: Path, content: Exported) -> Export:
    return Export(path, content, path.stat().st_size, time.time())


def _list(space: Workspace, info: SessionInfo) -> None:
    space.retitle(info.key, info.title)
    space.list_sessions()


def _check_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(why_unusable(home, error)) from error


def _check_rows(home: Path, key: SessionKey) -> None:
    _check_home(home)
    if not any(row_folders(SessionFolder(home, key).path)):
        raise ValueError("This session has no rows yet; judge an image first.")


def _latent_shape(home: Path, key: SessionKey) -> tuple[int, ...]:
    return open_source(home, key.decoder, dict(key.decoder_settings)).info.latent_shape(key.size)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "session"
