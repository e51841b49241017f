"""Deleted sessions: in the folder `trash` beside the others, until they are restored or 30 days are over.

One rename moves a session there, and one brings it back. Whatever ends the process meanwhile, the session is
whole in one of the two places. The name of its folder there says when it was deleted.
"""

import contextlib
import logging
import re
import secrets
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ipo.durable import rename_if_free, sync_folder
from ipo.preference.schema import OBJECT
from ipo.preference.storage.sessions import (
    ABOUT,
    FolderGone,
    SessionFolder,
    SessionInfo,
    SessionKey,
    describe,
    list_sessions,
    read_info,
    sessions_folder,
)
from ipo.records import read

logger = logging.getLogger("ipo.preference.storage.trash")

KEPT_DAYS = 30
_WHEN = "%Y%m%dT%H%M%S%fZ"
_NAME = re.compile(r"[0-9a-f]{16}-(\d{8}T\d{12}Z)")


@dataclass(frozen=True)
class DeletedSession:
    """A session in the trash."""

    folder: str  # its name there
    session: SessionInfo
    deleted_at: datetime

    @property
    def kept_until(self) -> datetime:
        return self.deleted_at + timedelta(days=KEPT_DAYS)


@dataclass(frozen=True)
class SessionsOnDisk:
    """What is there to choose from, and to bring back."""

    sessions: list[SessionInfo]  # archived ones among them
    deleted: list[DeletedSession]


def read_sessions(home: Path) -> SessionsOnDisk:
    """List the sessions, and empty the trash of what was deleted too long ago."""
    empty_trash(home)
    return SessionsOnDisk(list_sessions(home), list_deleted(home))


def delete(home: Path, key: SessionKey) -> Path:
    """Move a session to the trash; returns where it is then. Raises `OSError`; then nothing has changed."""
    folder = SessionFolder(home, key).path
    if not folder.exists():
        raise FolderGone(folder)
    return _discard(home, folder)


def restore(home: Path, folder: str) -> SessionInfo:
    """Bring a session back from the trash.

    Where a new one was begun under its prompt, size and decoder since, it comes back beside that, as a copy.
    Raises `OSError`, or `ValueError` for one that does not say what it is.
    """
    source = trash_folder(home) / folder
    if not source.exists():
        raise ValueError("This session is not in the trash any more. Was it restored in another tab?")
    info = read_info(source)
    target = SessionFolder(home, info.key).path
    if target.exists() and _nothing_in(target):  # begun anew, and nothing was judged in it
        _discard(home, target)
    if not rename_if_free(source, target):
        info = replace(info, key=replace(info.key, copy=secrets.token_hex(3)))
        about: dict[str, Any] = read(source / ABOUT, OBJECT, finite=False)
        describe(source, {**about, **info.key.record()})
        target = SessionFolder(home, info.key).path
        source.rename(target)
    sync_folder(target.parent)
    sync_folder(source.parent)
    return info


def list_deleted(home: Path) -> list[DeletedSession]:
    """Sessions in the trash with something judged in them, the one first that was deleted last."""
    found = []
    for folder in trash_folder(home).glob("*/"):
        when = _deleted_at(folder)
        if when is not None:
            with contextlib.suppress(OSError, ValueError):  # what does not say what it is stays where it is
                info = read_info(folder)
                if not info.is_empty:
                    found.append(DeletedSession(folder.name, info, when))
    return sorted(found, key=lambda deleted: deleted.deleted_at, reverse=True)


def empty_trash(home: Path) -> None:
    """Remove for good what was deleted more than 30 days ago. Whatever else lies there is left alone."""
    for folder in trash_folder(home).glob("*/"):
        when = _deleted_at(folder)
        if when is not None and datetime.now(UTC) - when > timedelta(days=KEPT_DAYS):
            try:
                shutil.rmtree(folder)
            except OSError as error:
                logger.warning("%s stays in the trash: %s", folder, error)
            else:
                logger.info("%s was removed for good", folder)


def trash_folder(home: Path) -> Path:
    return sessions_folder(home) / "trash"


def _discard(home: Path, folder: Path) -> Path:
    trash = trash_folder(home)
    trash.mkdir(exist_ok=True)
    target = trash / f"{folder.name}-{datetime.now(UTC).strftime(_WHEN)}"
    folder.rename(target)
    sync_folder(trash)
    sync_folder(folder.parent)
    return target


def _deleted_at(folder: Path) -> datetime | None:
    """When a folder came into the trash; `None` for what came there by other hands."""
    match = _NAME.fullmatch(folder.name)
    with contextlib.suppress(ValueError):
        return None if match is None else datetime.strptime(match[1], _WHEN).replace(tzinfo=UTC)
    return None


def _nothing_in(folder: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):  # nobody can tell
        return read_info(folder).is_empty
    return False
