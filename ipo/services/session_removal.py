"""Archiving, deleting and restoring sessions, on the lanes."""

from functools import partial
from pathlib import Path

from background import Lane
from ipo.preference.storage.sessions import SessionFolder, SessionInfo, SessionKey
from ipo.preference.storage.trash import DeletedSession, delete, restore
from ipo.services.background_cache import PortableJob
from ipo.services.session_jobs import SessionJob
from ipo.services.transfers import ANY_SESSION, Task
from ipo.services.workspace import Workspace

_DOING = {
    Task.RENAME: "renamed",
    Task.DUPLICATE: "duplicated",
    Task.ZIP: "exported as a zip",
    Task.TABLE: "exported as Parquet",
}


def why_busy(space: Workspace, key: SessionKey) -> str:
    """What is being done with a session, so that it cannot be deleted now; empty if nothing is."""
    for task, doing in _DOING.items():
        job = space.session_jobs.last(task, key.id)
        if job is not None and job.running:
            return f"This session is being {doing}."
    session = space.open_session(key.id)
    validation = None if session is None else space.background.latest(Lane.CV, session.state)
    if validation is not None and validation.in_flight:
        return "A cross-validation of this session is running."
    return ""


def start_archiving(space: Workspace, key: SessionKey, archived: bool) -> SessionJob:
    """Leave a session out of the list, or bring it back."""
    job = PortableJob("archive session", partial(archive, space.home, key, archived))
    return space.session_jobs.begin(
        Task.ARCHIVE, ANY_SESSION, Lane.DECODE, job, lambda _: space.list_sessions()
    )


def start_deleting(space: Workspace, key: SessionKey) -> SessionJob:
    """Close a session and move it to the trash. What is asked of the same lane later finds it gone."""
    space.close_session(key)

    def adopt(_: object) -> None:
        space.retitle(key, "")
        space.list_sessions()

    job = PortableJob("delete session", partial(delete, space.home, key))
    return space.session_jobs.begin(Task.DELETE, ANY_SESSION, Lane.DECODE, job, adopt)


def start_restoring(space: Workspace, deleted: DeletedSession) -> SessionJob:
    """Bring a session back from the trash. One that was begun anew since, and is empty, makes room."""
    key = deleted.session.key
    begun_anew = space.open_session(key.id)
    if begun_anew is not None and not (sum(begun_anew.state.counts()) or begun_anew.state.pairs()):
        space.close_session(key)

    def adopt(info: SessionInfo) -> None:
        space.retitle(info.key, info.title)
        space.list_sessions()

    job = PortableJob("restore session", partial(restore, space.home, deleted.folder))
    return space.session_jobs.begin(Task.RESTORE, ANY_SESSION, Lane.DECODE, job, adopt)


def archive(home: Path, key: SessionKey, archived: bool) -> bool:
    """Write it to the session's `session.json`; returns it. Raises `OSError` or `ValueError`."""
    SessionFolder(home, key).archive(archived)
    return archived
