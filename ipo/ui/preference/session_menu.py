"""The menu beside the session's name: rename, duplicate, export, import, archive and delete."""

from functools import partial
from typing import Any

import streamlit as st

from ipo.keys import Keys
from ipo.preference.storage.sessions import MAX_TITLE, SessionInfo, SessionKey
from ipo.preference.transfer.importing import Imported
from ipo.services.session_jobs import SessionJob
from ipo.services.transfers import (
    ABOUT_ANY,
    ANY_SESSION,
    Task,
    start_duplicating,
    start_importing,
    start_renaming,
)
from ipo.services.workspace import Workspace
from ipo.ui.job_panels import draw_job_problem, draw_job_progress, job_version
from ipo.ui.preference import selection
from ipo.ui.preference.session_exports import render_exports
from ipo.ui.preference.session_removal import await_job, awaited_job, render_away, render_removal
from ipo.ui.preference.transfer_report import draw_damaged, pairs_text, rows_text
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.shared_values import on_choice, shared_value, unsettled_value
from ipo.ui.text import plain

LARGEST_IMPORT = 1000  # MB; the server's own limit is in .streamlit/config.toml
LIVE_SECONDS = 0.5  # between two drawings of what changes all the time
WIDTH = 360  # pixels; a message wraps instead of widening the menu


def render_session_menu(key: SessionKey) -> None:
    """A popover, drawn again when something that it shows is another."""
    version = partial(_version, workspace(), key)
    live_panel(Keys.SESSION_MENU_PANEL, lambda: version, LIVE_SECONDS)(_render_menu)(key)


def _version(space: Workspace, key: SessionKey) -> Any:
    away = list(space.archived), list(space.deleted)
    return space.title(key), away, [job_version(job) for job in _jobs(space, key).values()]


def _jobs(space: Workspace, key: SessionKey) -> dict[Task, SessionJob | None]:
    """What was asked for last about a session, or about none that is at work."""
    jobs = {task: space.session_jobs.last(task, key.id) for task in Task}
    return jobs | {task: space.session_jobs.last(task, ANY_SESSION) for task in ABOUT_ANY}


def _render_menu(key: SessionKey) -> None:
    follow(key)
    space = workspace()
    session_jobs = _jobs(space, key)
    menu = st.popover(
        "Session menu",  # for screen readers: page.css shows the icon alone
        icon=":material/more_horiz:",
        key=Keys.SESSION_MENU,
        on_change="rerun",  # what is in it is as old as its last drawing
        help="Rename, duplicate, export, import, archive or delete",
    )
    with menu.container(width=WIDTH):
        render_title(space, key, session_jobs[Task.RENAME])
        render_duplicate(session_jobs[Task.DUPLICATE])
        render_exports(session_jobs)
        render_import(space, session_jobs[Task.IMPORT])
        render_removal(space, key)
        render_away(space)
        for task in (Task.ARCHIVE, Task.DELETE, Task.RESTORE):
            draw_job_problem(session_jobs[task])


def follow(key: SessionKey) -> None:
    """Draw the page anew when what this tab asked for is done, or the list shows an old title."""
    space = workspace()
    if st.session_state[Keys.CURATION_SESSION_TITLE] != space.title(key):
        st.rerun()  # somebody renamed it, maybe in another tab
    job = awaited_job()
    if job is None:
        return
    match job.last:
        case Imported(session=session):
            # Another uploader, so that the file does not stay in memory.
            st.session_state[Keys.SESSION_MENU_UPLOADS] = _uploads() + 1
            selection.choose(session.key)
        case SessionInfo(key=copy):
            selection.choose(copy)
        case None:
            return
    st.rerun()


def render_title(space: Workspace, key: SessionKey, job: SessionJob | None) -> None:
    settled = job is None or not (job.running or job.problem)
    title = (shared_value if settled else unsettled_value)(Keys.SESSION_MENU_TITLE, space.title(key), key.id)
    st.text_input(
        "Title",
        title.value,
        key=title.key,
        placeholder=key.name,
        max_chars=MAX_TITLE,
        on_change=on_choice,
        args=(title, _rename),
        help="What the list shows. Empty: prompt and size.",
    )
    draw_job_problem(job)


def render_duplicate(job: SessionJob | None) -> None:
    if job is not None and job.running:
        draw_job_progress(job, "Duplicating", Keys.SESSION_MENU_CANCEL_DUPLICATE)
        return
    st.button(
        "Duplicate",
        key=Keys.SESSION_MENU_DUPLICATE,
        icon=":material/content_copy:",
        width="stretch",
        on_click=_duplicate,
        help="A session of its own that begins with these rows: to try another taste or proposer.",
    )
    draw_job_problem(job)


def render_import(space: Workspace, job: SessionJob | None) -> None:
    if job is not None and job.running:
        draw_job_progress(job, "Importing", Keys.SESSION_MENU_CANCEL_IMPORT)
        return
    st.file_uploader(
        "Import a zip",
        "zip",
        key=f"{Keys.SESSION_MENU_UPLOAD}_{_uploads()}",
        max_upload_size=LARGEST_IMPORT,
        on_change=_import,
        help="Rows that are here already stay as they are; the others are added to the session of that name.",
    )
    draw_job_problem(job)
    if job is not None and job.last is not None:
        render_imported(space, job.last)


def render_imported(space: Workspace, imported: Imported) -> None:
    present = f", {imported.already_judged:,} here already" if imported.already_judged else ""
    count = len(imported.added_pairs)
    pairs = f" and {pairs_text(count)}" if count else ""
    name = plain(space.name(imported.session.key))
    added = plain(f"{rows_text(len(imported.added))}{pairs} added{present}")
    st.caption(f"{name}: {added}.")
    if imported.damaged:
        draw_damaged(f"{len(imported.damaged)} set aside", imported.damaged)


def _rename(title: str) -> None:
    session = selection.selected()
    if session is not None:
        await_job(start_renaming(workspace(), session.key, title))


def _duplicate() -> None:
    session = selection.selected()
    if session is not None:
        await_job(start_duplicating(workspace(), session.key))


def _import() -> None:
    archive = st.session_state[f"{Keys.SESSION_MENU_UPLOAD}_{_uploads()}"]
    # Called again if the run that drew the uploader was cut short by another.
    if archive is not None and archive.file_id != st.session_state.get(Keys.SESSION_MENU_IMPORTED):
        st.session_state[Keys.SESSION_MENU_IMPORTED] = archive.file_id
        await_job(start_importing(workspace(), archive))


def _uploads() -> int:
    """How many archives this tab has imported."""
    return int(st.session_state.get(Keys.SESSION_MENU_UPLOADS, 0))
