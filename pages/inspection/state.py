"""What this tab looks at: which step, which image and feature, in which colours."""

from dataclasses import dataclass, field

import streamlit as st

from ipo.inspector.capture.snapshots import Evicted, Snapshot
from ipo.inspector.session import InspectSession
from ipo.keys import Keys
from ipo.services.inspection import InspectionJobs
from ipo.ui.components.tensors.component import Followed
from ipo.ui.runtime.process import workspace

NO_STEP = "No step yet. Press Step: one batch runs, and every tensor of it is here."
NO_SESSION = "No session is set up. Choose a condition and press Set up."
NO_DATA = "No session is set up. Fetch the digits above, or name a recipe of your own."
SOON_SECONDS = 0.1  # to wait for what takes a few ms, as one batch: drawn once, a panel shows that


@dataclass
class View:
    """What this tab looks at. Its callbacks and panels change it; any thread may read it."""

    step: int | None = None  # none for the latest
    followed: Followed = field(default_factory=Followed)
    open_sections: dict[str, bool] = field(default_factory=dict)  # as far as they were drawn


@dataclass(frozen=True)
class Shown:
    """What a panel draws: a step of a session, or why it is not to be had."""

    session: InspectSession
    step: int | None
    snapshot: Snapshot | None
    missing: str = ""


def inspecting() -> InspectionJobs:
    return workspace().inspection


def no_session() -> str:
    """What to do where no session is set up."""
    return NO_DATA if inspecting().needs_mnist else NO_SESSION


def session() -> InspectSession | None:
    """The main session."""
    return inspecting().inspector.main


def sessions() -> list[InspectSession]:
    """The main session and the one beside it, as far as they are there."""
    desk = inspecting().inspector
    return [inspected for inspected in (desk.main, desk.other) if inspected is not None]


def shown(inspected: InspectSession) -> Shown:
    """The step that this tab has chosen, of a session."""
    step = chosen_step()
    step = inspected.state().latest if step is None else step
    if step is None:
        return Shown(inspected, None, None, NO_STEP)
    return at_step(inspected, step)


def at_step(inspected: InspectSession, step: int) -> Shown:
    """A step of a session, or why it is not to be had."""
    done = inspected.state().steps
    if step >= done:
        return Shown(inspected, step, None, f"Step {step} is still to come; {done} are done.")
    try:
        return Shown(inspected, step, inspected.get_step(step))
    except Evicted as evicted:
        return Shown(inspected, step, None, str(evicted))


def view() -> View:
    """Of this tab."""
    view: View = st.session_state.setdefault(Keys.INSPECT_VIEW, View())
    return view


def chosen_step() -> int | None:
    """The step that views are about; `None` for the latest."""
    return view().step


def choose(step: int | None) -> None:
    """Have every view of this tab show a step, or the latest. For callbacks."""
    inspected = session()
    if step is not None and inspected is not None:
        latest = inspected.state().latest
        step = None if latest is None or step >= latest else max(0, step)
    view().step = step


def followed() -> Followed:
    """The image and the feature that are highlighted in every panel."""
    return view().followed


def follow(now: Followed) -> None:
    """Callback of every figure: panels in words follow, the others have been told by the browser."""
    view().followed = now
