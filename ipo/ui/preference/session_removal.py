"""What the session menu offers to put a session away, and to bring one back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import streamlit as st

from ipo.keys import Keys
from ipo.preference.storage.sessions import MAX_TITLE, SessionInfo, SessionKey
from ipo.preference.storage.trash import KEPT_DAYS, DeletedSession
from ipo.services.session_jobs import SessionJob
from ipo.services.session_removal import start_archiving, start_deleting, start_restoring, why_busy
from ipo.services.workspace import Workspace
from ipo.ui.preference import selection
from ipo.ui.preference.open_tabs import tabs_beside
from ipo.ui.runtime.process import workspace
from ipo.ui.text import plain
from ipo.visible import visible


def render_removal(space: Workspace, key: SessionKey) -> None:
    """*Archive*, and *Delete* with the title to be typed."""
    archived = any(info.key == key for info in space.archived)
    st.button(
        "Back to the list" if archived else "Archive",
        key=Keys.SESSION_MENU_ARCHIVE,
        icon=":material/unarchive:" if archived else ":material/archive:",
        width="stretch",
        on_click=_archive,
        args=(key, not archived),
        help="The session is in the list again."
        if archived
        else "Takes the session out of the list and changes nothing else. It comes back from this menu.",
    )
    with st.expander("Delete this session", icon=":material/delete:", key=Keys.SESSION_MENU_DELETING):
        busy = why_not_deletable(space, key)
        if busy:
            st.caption(f":orange[{plain(busy)}]")
            return
        st.caption(
            f"It moves to the trash, where it can be restored for {KEPT_DAYS} days. "
            f"To delete it, type its title: **{plain(title_to_type(space, key))}**"
        )
        st.text_input("Session to delete", key=Keys.SESSION_MENU_DELETE_TITLE)
        st.button(
            "Move to the trash",
            key=Keys.SESSION_MENU_DELETE,
            icon=":material/delete:",
            width="stretch",
            on_click=_delete,
            args=(key,),
        )
        about, problem = st.session_state.get(Keys.SESSION_MENU_DELETE_PROBLEM, (None, ""))
        if about == key:
            st.caption(f":red[{plain(problem)}]")


def title_to_type(space: Workspace, key: SessionKey) -> str:
    """What somebody has to type to delete a session: its title, or the prompt of one without."""
    return visible(" ".join((space.title(key) or key.prompt).split()))[:MAX_TITLE].strip()


def why_not_deletable(space: Workspace, key: SessionKey) -> str:
    """What stands in the way now, and what to do about it; empty if nothing does."""
    tabs = tabs_beside(key)
    if tabs:
        where = "another tab" if tabs == 1 else f"{tabs} other tabs"
        return f"This session is open in {where}. Close it there, or choose another session there, first."
    busy = why_busy(space, key)
    return f"{busy} Wait until that is done, or cancel it." if busy else ""


def render_away(space: Workspace) -> None:
    """Sessions that are archived or in the trash, each with the way back."""
    archived, deleted = list(space.archived), list(space.deleted)
    if not (archived or deleted):
        return
    count = len(archived) + len(deleted)
    with st.expander(
        f"Archived and deleted ({count})", icon=":material/history:", key=Keys.SESSION_MENU_AWAY
    ):
        for info in archived:
            _line(info, "archived", f"{Keys.SESSION_MENU_UNARCHIVE}_{info.key.id}", _unarchive, info.key)
        for session in deleted:
            when, until = _day(session.deleted_at), _day(session.kept_until)
            key = f"{Keys.SESSION_MENU_RESTORE}_{session.folder}"
            _line(session.session, f"deleted on {when}, kept until {until}", key, _restore, session)


def _line(info: SessionInfo, state: str, key: str, on_click: Callable[[Any], None], argument: Any) -> None:
    text, button = st.columns([2, 1], vertical_alignment="center")
    rows = "1 row" if info.rows == 1 else f"{info.rows:,} rows"
    text.markdown(f"{plain(visible(info.name))}  \n:small[:gray[{plain(rows)}, {plain(state)}]]")
    button.button("Restore", key=key, on_click=on_click, args=(argument,), width="stretch")


def _day(when: datetime) -> str:
    return when.astimezone().strftime("%d %b %Y")


def _archive(key: SessionKey, archived: bool) -> None:
    space = workspace()
    if archived and any(other != key for other in space.sessions().values()):
        selection.leave(key)
    await_job(start_archiving(space, key, archived))


def _delete(key: SessionKey) -> None:
    space = workspace()
    typed, title = st.session_state[Keys.SESSION_MENU_DELETE_TITLE], title_to_type(space, key)
    problem = why_not_deletable(space, key)  # since the button was drawn
    if not problem and " ".join(typed.split()).casefold() != title.casefold():
        problem = f"That is not its title; {title} would be right."
    if problem:
        st.session_state[Keys.SESSION_MENU_DELETE_PROBLEM] = key, problem
        return
    st.session_state.pop(Keys.SESSION_MENU_DELETE_PROBLEM, None)
    st.session_state[Keys.SESSION_MENU_DELETE_TITLE] = ""
    selection.leave(key)
    await_job(start_deleting(space, key))


def _unarchive(key: SessionKey) -> None:
    selection.choose(key)
    await_job(start_archiving(workspace(), key, False))


def _restore(deleted: DeletedSession) -> None:
    await_job(start_restoring(workspace(), deleted))


def awaited_job() -> SessionJob | None:
    """What this tab asked for, once it has ended; `None` meanwhile, and from then on."""
    job: SessionJob | None = st.session_state.get(Keys.SESSION_MENU_AWAITED)
    if job is None or job.running:
        return None
    del st.session_state[Keys.SESSION_MENU_AWAITED]
    return job


def await_job(job: SessionJob) -> None:
    """Draw the page anew when a job is done that this tab asked for."""
    st.session_state[Keys.SESSION_MENU_AWAITED] = job
