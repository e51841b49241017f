"""The sidebar: what belongs to the session at hand, live; then logs, and what the lanes do."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from background import Background, JobStatus, Lane
from ipo.keys import Keys
from ipo.logs import is_debug, last_lines, set_debug
from ipo.preference.session import PreferenceSession
from ipo.services.workspace import Workspace
from ipo.ui.components.key_list.component import KeyGroup, key_list
from ipo.ui.html import Html, draw, join, span
from ipo.ui.page_paths import GLOSSARY
from ipo.ui.preference import selection
from ipo.ui.preference.sidebar import render_choices
from ipo.ui.preference.train_status import render_train_status, train_status_version
from ipo.ui.runtime.live_page import live_panel
from ipo.ui.runtime.page_url import name_in_address
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.reconnect import resume
from ipo.ui.runtime.shared_values import on_choice, shared_value
from ipo.ui.text import plain

LIVE_SECONDS = 0.5  # between two drawings of what changes all the time
SETTLE_SECONDS = 0.2  # of work that is over before anybody reads of it


def render_sidebar(*, of_session: bool, numbers: bool, keys: Sequence[KeyGroup] = ()) -> None:
    """Everything in the sidebar below the navigation: a session's, what runs, and the keys of the page.

    `numbers` of the session are left out where the page says them itself.
    """
    space = workspace()
    with st.sidebar:
        if space.problem:
            st.error(plain(space.problem), icon=":material/folder_off:")
        session = selection.selected() if of_session else None
        if session is not None:
            name_in_address(session.key)  # before anybody can see, and reload, what it is called
            render_choices(space, session)
        live = live_panel(
            Keys.SIDEBAR_LIVE_PANEL, lambda: partial(_version, space, session), LIVE_SECONDS, SETTLE_SECONDS
        )
        live(render_live)(session, numbers)
        st.page_link(GLOSSARY, label="Glossary", icon=":material/menu_book:")
        if keys:
            key_list(keys, key=Keys.SIDEBAR_KEYS)
        resume()


def render_live(session: PreferenceSession | None, numbers: bool) -> None:
    """What changes while the user labels, and what is in flight on the lanes."""
    if session is not None:
        render_train_status(session, numbers)
    render_logs()
    render_lanes(workspace().background)


def _version(space: Workspace, session: PreferenceSession | None) -> Any:
    lanes = [_lane_version(space.background, lane) for lane in Lane]
    return lanes, None if session is None else train_status_version(session)


def _lane_version(background: Background, lane: Lane) -> Any:
    jobs, running = background.jobs(lane), background.running(lane)
    failed = id(jobs[-1]) if jobs and jobs[-1].status == JobStatus.ERROR else None
    return failed, running and (id(running), round(running.fraction, 2), running.message)


def render_logs() -> None:
    panel = st.expander("Debug logs", key=Keys.SIDEBAR_LOGS, on_change="rerun")
    if not panel.open:
        return
    debug = shared_value(Keys.SIDEBAR_LOGS_DEBUG, is_debug())
    with panel:
        st.checkbox("Level DEBUG", debug.value, key=debug.key, on_change=on_choice, args=(debug, set_debug))
        count = st.number_input("Lines", 10, 5000, 200, step=10, key=Keys.SIDEBAR_LOGS_LINES)
        lines = last_lines(workspace().home, int(count))
        st.code("\n".join(lines) or "Nothing was logged yet.", language=None, height=240, wrap_lines=True)


def render_lanes(background: Background) -> None:
    """One quiet line: which lanes work; what runs is said on hover."""
    draw(*(_lane(background, lane) for lane in Lane))


def _lane(background: Background, lane: Lane) -> Html:
    running = background.running(lane)
    jobs = background.jobs(lane)
    failed = bool(jobs) and jobs[-1].status == JobStatus.ERROR
    says = "idle"
    if running is not None:
        says = f"{running.label} {100 * running.fraction:.0f} % {running.message}"
    elif failed:
        says = f"{jobs[-1].label} failed: {jobs[-1].error}"
    look = "ipo-lane failed" if failed else "ipo-lane"
    return join(span(f"{'●' if running or failed else '○'} {lane}", title=says, class_=look), " ")
