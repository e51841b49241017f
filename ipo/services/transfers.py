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
from ipo.preference.storage.rows import RowStore
from ipo.preference.storage.sessions import SessionFolder, SessionInfo, SessionKey
from ipo.preference.transfer.archive import export_zip, exports_folder, row_folders
from ipo.preference.transfer.importing import Imported, duplicate, import_zip, title_of_copy
from ipo.preference.transfer.parquet import export_table
from ipo.services.session_jobs import SessionJob
from ipo.services.workspace import Workspace


class Task(StrEnum):
    """What can be done with a session."""

    RENAME = "rename"
    DUPLICATE = "duplicate"
    ZIP = "zip"
    TABLE = "table"
    IMPORT = "import"


ANY_SESSION = ""  # what an import is about, before its zip was read


@dataclass(frozen=True)
class Export:
    """A file that is ready to be downloaded."""

    path: Path
    rows: int
    size: int  # bytes
    made_at: float  # seconds since the epoch


def start_renaming(space: Workspace, key: SessionKey, title: str) -> SessionJob:
    """Give a session a title; an empty one brings the default name back."""
    return space.errands.begin(
        Task.RENAME,
        key.id,
        Lane.DECODE,
        partial(_rename, space, key, title),
        on_done=lambda kept: space.retitle(key, kept),
        label="rename session",
    )


def start_duplicating(space: Workspace, key: SessionKey) -> SessionJob:
    """Make a session of its own that begins with the rows of this one."""
    title = title_of_copy(space.name(key), space.names().values())
    return space.errands.begin(
        Task.DUPLICATE,
        key.id,
        Lane.CV,
        partial(_duplicate, space, key, title),
        on_done=lambda copy: _list(space, copy),
        label="duplicate session",
    )


def start_exporting(space: Workspace, key: SessionKey, task: Task) -> SessionJob:
    """Write a file to download: `Task.ZIP` everything, `Task.TABLE` labels and lineage."""
    work = {Task.ZIP: _export_zip, Task.TABLE: _export_table}[task]
    return space.errands.begin(
        task,
        key.id,
        Lane.CV,
        partial(work, space, key),
        on_done=lambda export: None,
        label=f"export {task}",
    )


def start_importing(space: Workspace, archive: BinaryIO) -> SessionJob:
    """Take in the session of a zip file; where it is open, its new rows are there at once."""

    def adopt(imported: Imported) -> None:
        _list(space, imported.session)
        space.adopt_rows(imported.session.key, imported.added, imported.added_pairs)

    return space.errands.begin(
        Task.IMPORT,
        ANY_SESSION,
        Lane.CV,
        partial(_import, space, archive),
        on_done=adopt,
        label="import session",
    )


def _list(space: Workspace, info: SessionInfo) -> None:
    space.retitle(info.key, info.title)
    space.list_sessions()


def _duplicate(space: Workspace, key: SessionKey, title: str, progress: Progress) -> SessionInfo:
    _check_rows(space, key)
    return duplicate(space.home, key, title, progress)


def _export_zip(space: Workspace, key: SessionKey, progress: Progress) -> Export:
    _check_rows(space, key)
    path = _target(space, key, "zip")
    rows = export_zip(SessionFolder(space.home, key), path, progress)
    return Export(path, rows, path.stat().st_size, time.time())


def _export_table(space: Workspace, key: SessionKey, progress: Progress) -> Export:
    _check_rows(space, key)
    path = _target(space, key, "parquet")
    store = RowStore(SessionFolder(space.home, key).path, space.latent_shape(key))
    rows = export_table(store, path, progress)
    return Export(path, rows, path.stat().st_size, time.time())


def _check_folder(space: Workspace) -> None:
    if space.problem:
        raise ValueError(space.problem)


def _rename(space: Workspace, key: SessionKey, title: str) -> str:
    _check_folder(space)
    return space.session(key).folder.rename(title)


def _import(space: Workspace, archive: BinaryIO, progress: Progress) -> Imported:
    _check_folder(space)
    return import_zip(space.home, archive, space.latent_shape, progress)


def _check_rows(space: Workspace, key: SessionKey) -> None:
    _check_folder(space)
    space.session(key).look()
    if not any(row_folders(SessionFolder(space.home, key).path)):
        raise ValueError("This session has no rows yet; judge an image first.")


def _target(space: Workspace, key: SessionKey, kind: str) -> Path:
    slug = re.sub(r"[^a-z0-9]+", "-", space.name(key).lower()).strip("-")[:40]
    return exports_folder(space.home) / f"{slug or 'session'}-{key.id[:8]}.{kind}"
