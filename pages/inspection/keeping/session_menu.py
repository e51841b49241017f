"""What can be done with a session besides stepping it: go back, fork, keep, export, reopen."""

import streamlit as st

from ipo.inspector.inspected import Inspected
from ipo.inspector.saved_sessions import SavedSession
from ipo.inspector.session import InspectSession
from ipo.keys import Keys
from ipo.slugs import slug
from ipo.ui.text import plain
from pages.inspection import state
from pages.inspection.keeping.sharing import draw_sharing


def draw_keeping(session: Inspected | None) -> None:
    """A popover beside the stepping buttons."""
    menu = st.popover(
        "Session menu",  # for screen readers: page.css shows the icon alone
        icon=":material/more_horiz:",
        key=Keys.INSPECT_SESSION_MENU,
        on_change="rerun",
        help="Rewind, fork, export, share, save, reopen",
    )
    state.view().open_sections[Keys.INSPECT_SESSION_MENU] = bool(menu.open)
    if not menu.open:
        return
    with menu:
        busy = state.inspecting().work.lasting
        if session is not None and session.replays:
            _draw_going_back(session, busy)
        if session is not None:
            _draw_exports(session)
        if session is not None and session.replays:
            draw_sharing(session, busy)
            st.button(
                "Save the session",
                key=Keys.INSPECT_SAVE,
                icon=":material/save:",
                on_click=_save,
                width="stretch",
                disabled=busy,
                help="Writes history, recorded steps and all that is needed to go on into the data folder.",
            )
        _draw_saved(busy)


def _draw_going_back(session: Inspected, busy: bool) -> None:
    at = state.step_on_view(session, state.view())
    st.button(
        "Rewind" if at is None else f"Rewind to step {at:d}",
        key=Keys.INSPECT_REWIND,
        icon=":material/replay:",
        on_click=rewind,
        args=(at,),
        disabled=busy or at is None,
        width="stretch",
        help="Goes back to the step on view; later steps are forgotten. Stepping on from there gives "
        "the same numbers again, bit for bit.",
    )
    st.button(
        "Fork",
        key=Keys.INSPECT_FORK,
        icon=":material/fork_right:",
        on_click=_fork,
        disabled=busy,
        width="stretch",
        help="Makes a second session that goes on from here. Change or rewind one, and compare the two.",
    )


def _draw_exports(session: Inspected) -> None:
    now = state.shown(session, state.view())
    if now.snapshot is None:
        return
    step = now.snapshot.step
    left, right = st.columns(2)
    left.download_button(
        f"Step {step:d}",
        lambda: session.export_step(step),
        file_name=f"{slug(session.condition)}-seed{session.seed}-step{step}.npz",
        key=Keys.INSPECT_EXPORT_STEP,
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
        help="All tensors of the step on view, as npz.",
    )
    right.download_button(
        "History",
        session.export_history,
        file_name=f"{slug(session.condition)}-seed{session.seed}-history.csv",
        key=Keys.INSPECT_EXPORT_HISTORY,
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
        help="The numbers of all steps, such as loss and mean cosine, as CSV.",
    )


def _draw_saved(busy: bool) -> None:
    saved = state.inspecting().saved
    if not saved:
        st.caption("Saved sessions are listed here.")
        return
    chosen = st.selectbox("Saved sessions", saved, key=Keys.INSPECT_SAVED, format_func=lambda one: one.title)
    trusted = st.session_state.get(Keys.INSPECT_RECIPE)
    allowed = chosen is not None and state.inspecting().can_reopen(chosen, trusted)
    if chosen is not None and not allowed:
        st.caption(
            f"Made with {plain(chosen.recipe)}, whose code would run. If you trust it, choose that recipe in "
            "the toolbar first."
        )
    st.button(
        "Reopen",
        key=Keys.INSPECT_REOPEN,
        icon=":material/folder_open:",
        on_click=_reopen,
        args=(chosen, trusted),
        disabled=busy or not allowed,
        width="stretch",
        help="Takes the place of the present session.",
    )


def rewind(step: int) -> None:
    """Go back to a step. Callback."""
    session = state.session()
    state.choose(None)
    _close()
    if isinstance(session, InspectSession):
        state.inspecting().rewind(session, step)


def _fork() -> None:
    _close()
    state.inspecting().fork()


def _save() -> None:
    session = state.session()
    if isinstance(session, InspectSession):
        state.inspecting().save(session)


def _reopen(saved: SavedSession, trusted: str | None) -> None:
    _close()
    state.choose(None)
    state.inspecting().reopen(saved, trusted)


def _close() -> None:
    """Fold the popover, which hides what was asked for."""
    st.session_state[Keys.INSPECT_SESSION_MENU] = False
