"""The version of what each panel shows; each binds what this tab looks at, for any thread to read."""

import time
from functools import partial
from typing import Any

from ipo.inspector.session import InspectSession
from ipo.services.workspace import Workspace
from ipo.ui.runtime.live_page import Version
from ipo.ui.runtime.process import workspace
from pages.inspection import state
from pages.inspection.state import View

LIVE_SECONDS = 1.0  # between two drawings of all views while many steps run


def toolbar() -> Version:
    return partial(_toolbar, workspace())


def timeline() -> Version:
    return partial(_timeline, state.view())


def step_on_view() -> Version:
    return partial(_step_on_view, state.view())


def step_and_followed() -> Version:
    """Of panels that say in words what is followed."""
    return partial(_step_and_followed, state.view())


def sections() -> Version:
    """Which sections there are, and which are open."""
    return partial(_sections, state.view())


def _toolbar(space: Workspace) -> Any:
    inspecting, fetch = space.inspection, space.mnist_fetch
    brought = inspecting.needs_mnist and not fetch.busy and inspecting.has_data  # by somebody else
    return inspecting.version, fetch.version, _session_versions(), len(inspecting.saved), brought


def _timeline(view: View) -> Any:
    return _session_versions(), view.step


def _session_versions() -> Any:
    return [(session.id, session.version) for session in state.sessions()]


def _step_on_view(view: View) -> Any:
    sessions = state.sessions()
    if state.inspecting().work.busy and view.step is None:
        return [session.id for session in sessions], time.monotonic() // LIVE_SECONDS
    return [(session.id, *_place(session, view)) for session in sessions]


def _place(session: InspectSession, view: View) -> tuple[int | None, bool]:
    """Which step of a session is on view, and whether it is in memory."""
    now = session.state()
    step = now.latest if view.step is None else view.step
    return step, step in now.retained


def _step_and_followed(view: View) -> Any:
    return _step_on_view(view), view.followed


def _sections(view: View) -> Any:
    return [session.id for session in state.sessions()], dict(view.open_sections)
