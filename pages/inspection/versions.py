"""The version of what each panel shows beside what is live. Each binds what this tab looks at."""

from functools import partial
from typing import Any

from background import JobStatus, Lane
from ipo.inspector.attach.remote_session import RemoteSession
from ipo.keys import Keys
from ipo.services.workspace import Workspace
from ipo.ui.runtime.live_page import Version
from ipo.ui.runtime.process import workspace
from pages.inspection import state
from pages.inspection.state import View


def toolbar() -> Version:
    return partial(_toolbar, workspace(), state.view())


def timeline() -> Version:
    return partial(_timeline, state.view())


def batch() -> Version:
    return partial(_batch, state.view())


def features() -> Version:
    return partial(_features, state.view())


def sections() -> Version:
    """Which sessions there are, and which sections are open."""
    return partial(_sections, state.view())


def session() -> Version:
    """Of panels that are live but for which sessions there are."""
    return _session_ids


def plan() -> Version:
    """Which sessions there are, and what is whole in them."""
    return _plan


def compare() -> Version:
    return partial(_compare, state.view())


def explain() -> Version:
    return partial(_explain, state.view())


def _toolbar(space: Workspace, view: View) -> Any:
    inspecting, fetch = space.inspection, space.fetches.mnist
    work = inspecting.work
    brought = inspecting.needs_mnist and not fetch.busy and inspecting.has_data  # by somebody else
    return (
        inspecting.inspector.version,
        inspecting.recipes.version,
        inspecting.needs_mnist,
        (work.ahead, view.live.beat()) if work.lasting else work.problem,
        bool(work.problem) and space.background.running(Lane.TRAIN) is not None,
        work.job is not None and work.job.status == JobStatus.CANCELLED,
        [(one.state().stop, one.remark) for one in state.sessions()],
        fetch.version,
        len(inspecting.saved),
        inspecting.files.latest,
        brought,
        _steps(view) if view.open_sections.get(Keys.INSPECT_SESSION_MENU) else None,
        inspecting.trainings if view.open_sections.get(Keys.INSPECT_TRAININGS) else None,
        main.held if isinstance(main := inspecting.inspector.main, RemoteSession) else None,
    )


def _timeline(view: View) -> Any:
    """Where its buttons lead to; its lines are live."""
    main = state.session()
    if main is None:
        return None
    now, at = main.state(), state.step_on_view(main, view)
    return main.id, view.step, at in (None, 0), at == now.latest, at in now.pinned, at in now.retained


def _batch(view: View) -> Any:
    """Whether there is something to show, and whether an image is followed."""
    missing = [(id_, step) for id_, step, retained in _steps(view) if step is None or not retained]
    return _session_ids(), missing, view.followed.image is None


def _features(view: View) -> Any:
    """Whether there is something to show."""
    return [(id_, step is None or not retained) for id_, step, retained in _steps(view)]


def _compare(view: View) -> Any:
    if not view.open_sections.get(Keys.INSPECT_SECTION_COMPARE):
        return _session_ids()
    here, there = state.session(), state.inspecting().inspector.other
    parting = None if here is None or there is None else state.inspecting().partings.of(here, there)
    return _steps_at_rest(view), parting


def _plan() -> Any:
    """Bytes are live."""
    plans = [one.plan for one in state.sessions()]
    return _session_ids(), [(one.budget, one.followed, one.whole, one.summarized) for one in plans]


def _explain(view: View) -> Any:
    """The step on view, whether it was explained, and which row is followed."""
    if not view.open_sections.get(Keys.INSPECT_SECTION_EXPLAIN):
        return _session_ids()
    main = state.session()
    step = None if main is None else state.step_on_view(main, view)
    explained = main is not None and state.inspecting().explanations.of(main, step) is not None
    return _steps_at_rest(view), explained, view.followed.image, state.inspecting().work.lasting


def _sections(view: View) -> Any:
    return _session_ids(), dict(view.open_sections)


def _session_ids() -> Any:
    """Which sessions there are, with how many tensors: some are known only once they were seen."""
    return [(one.id, len(one.specs)) for one in state.sessions()]


def _steps_at_rest(view: View) -> Any:
    """Which steps are on view; while many are taken, another moment is enough."""
    if state.inspecting().work.busy and view.step is None:
        return _session_ids(), view.live.beat()
    return _steps(view)


def _steps(view: View) -> list[tuple[str, int | None, bool]]:
    """Which step of each session is on view, and whether it is in memory, or none is to be."""
    found = []
    for one in state.sessions():
        step = state.step_on_view(one, view)
        found.append((one.id, step, step is None or step in one.state().retained))
    return found
