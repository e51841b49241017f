"""What this tab looks at: which step, which image and feature, in which colours."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import streamlit as st

from ipo.inspector.capture.snapshots import Evicted, Snapshot
from ipo.inspector.inspected import Inspected
from ipo.keys import Keys
from ipo.services.inspector.jobs import InspectionJobs
from ipo.services.inspector.live_content import LiveContent
from ipo.ui.components.tensors.component import Followed
from ipo.ui.runtime.process import workspace

NO_STEP = "No step yet. Press Step: one batch runs, and every tensor of it is here."
NO_SESSION = "No session is set up. Choose a condition and press Set up."
SETTING_UP = "The session is being set up. Then press Step."
NO_DATA = "No session is set up. Fetch the digits above, or name a recipe of your own."
SOON_SECONDS = 0.1  # to wait for what takes a few ms: drawn once, a panel shows that

T = TypeVar("T")


@dataclass
class View:
    """What this tab looks at. Its callbacks and panels change it; any thread may read it."""

    step: int | None = None  # none for the latest
    followed: Followed = field(default_factory=Followed)
    open_sections: dict[str, bool] = field(default_factory=dict)  # as far as they were drawn
    live: LiveContent = field(init=False)  # of panels that follow the step on view by themselves

    def __post_init__(self) -> None:
        self.live = workspace().live_contents.open(partial(_version, self))


@dataclass(frozen=True)
class Shown:
    """What a panel of a tab draws: a step of a session, or why it is not to be had."""

    view: View
    session: Inspected
    step: int | None
    snapshot: Snapshot | None
    missing: str = ""


def inspecting() -> InspectionJobs:
    return workspace().inspection


def no_session() -> str:
    """What to do where no session is set up."""
    if inspecting().work.busy:
        return SETTING_UP
    return NO_DATA if inspecting().needs_mnist else NO_SESSION


def session() -> Inspected | None:
    """The main session."""
    return inspecting().inspector.main


def sessions() -> list[Inspected]:
    """The main session and the one beside it, as far as they are there."""
    desk = inspecting().inspector
    return [inspected for inspected in (desk.main, desk.other) if inspected is not None]


def shown(inspected: Inspected, view: View) -> Shown:
    """The step that a tab has chosen, of a session."""
    step = step_on_view(inspected, view)
    if step is None:
        return Shown(view, inspected, None, None, NO_STEP)
    return at_step(inspected, step, view)


def step_on_view(inspected: Inspected, view: View) -> int | None:
    """The step that a tab has chosen, or the latest; `None` before the first."""
    return inspected.state().latest if view.step is None else view.step


def at_step(inspected: Inspected, step: int, view: View) -> Shown:
    """A step of a session, or why it is not to be had."""
    done = inspected.state().steps
    if step >= done:
        return Shown(view, inspected, step, None, f"Step {step} is still to come; {done} are done.")
    try:
        return Shown(view, inspected, step, inspected.get_step(step))
    except Evicted as evicted:
        return Shown(view, inspected, step, None, str(evicted))


def view() -> View:
    """Of this tab."""
    if Keys.INSPECT_VIEW not in st.session_state:
        st.session_state[Keys.INSPECT_VIEW] = View()
    view: View = st.session_state[Keys.INSPECT_VIEW]
    return view


def choose(step: int | None) -> None:
    """Have every view of this tab show a step, or the latest. For callbacks."""
    inspected = session()
    if step is not None and inspected is not None:
        latest = inspected.state().latest
        step = None if latest is None or step >= latest else max(0, step)
    view().step = step


def follow(now: Followed) -> None:
    """Callback of every figure: panels in words follow, the others have been told by the browser."""
    view().followed = now


def live(content: Callable[[Shown], T]) -> Callable[[], T | None]:
    """What `content` makes of the step that this tab looks at, for any thread; `None` without a session."""
    return partial(_content, content, view())


def _content(content: Callable[[Shown], T], view: View) -> T | None:
    inspected = session()
    return None if inspected is None else content(shown(inspected, view))


def _version(view: View) -> Any:
    """Of all that is live; `None` while steps are under way that will be over in a moment."""
    work, inspected = inspecting().work, sessions()
    if not work.busy and any(one.state().running for one in inspected):  # elsewhere, by itself
        return [one.id for one in inspected], view.step, view.followed, work.version, view.live.beat()
    if not work.busy:
        return [(one.id, one.version) for one in inspected], view.step, view.followed, work.version
    if not work.lasting:
        return None
    return [one.id for one in inspected], view.step, view.followed, view.live.beat()
