"""Which fragments of the page are drawn again, and when: each notes the version of what it shows."""

import time
from contextlib import AbstractContextManager
from typing import Any, NoReturn

from ipo.keys import Keys
from ipo.ui.runtime import fragments
from ipo.ui.runtime.process import workspace
from pages.inspection import state
from pages.inspection.trace import SECTIONS

SECTION_FRAGMENTS = {section.key: f"{section.key}_fragment" for section in SECTIONS}
LIVE_SECONDS = 1.0  # between two drawings of all views while many steps run
VIEWS = (
    Keys.INSPECT_TIMELINE_FRAGMENT,
    Keys.INSPECT_BATCH_FRAGMENT,
    Keys.INSPECT_FEATURES_FRAGMENT,
    Keys.INSPECT_TRACE_FRAGMENT,
    *SECTION_FRAGMENTS.values(),
    Keys.INSPECT_OTHERS_FRAGMENT,
    Keys.INSPECT_COSINES_FRAGMENT,
    Keys.INSPECT_COMPARE_FRAGMENT,
)


def drawing(fragment: str) -> AbstractContextManager[None]:
    """Note what a fragment shows, once it is drawn."""
    return fragments.drawing(fragment, _version(fragment))


def due() -> list[str]:
    """Fragments that show something older than what is there."""
    return fragments.due({name: _version(name) for name in (Keys.INSPECT_TOOLBAR_FRAGMENT, *VIEWS)})


def draw_due() -> NoReturn:
    """Draw what is older than what is there."""
    fragments.only(*due())


def draw_views() -> NoReturn:
    """Draw everything that is about the step on view."""
    fragments.only(*VIEWS)


def draw_toolbar_again() -> NoReturn:
    """Draw the toolbar; the heartbeat sees to the rest."""
    fragments.only(Keys.INSPECT_TOOLBAR_FRAGMENT)


def draw_everything() -> NoReturn:
    """Draw all there is: another session came or went."""
    fragments.only(Keys.INSPECT_TOOLBAR_FRAGMENT, *VIEWS)


def _version(fragment: str) -> Any:
    sessions = state.sessions()
    ids = [of.id for of in sessions]
    if fragment == Keys.INSPECT_TOOLBAR_FRAGMENT:
        return (
            state.inspecting().version,
            workspace().mnist_fetch.version,
            ids,
            [of.version for of in sessions],
        )
    if fragment == Keys.INSPECT_TRACE_FRAGMENT:
        return ids
    if fragment == Keys.INSPECT_TIMELINE_FRAGMENT:
        return ids, [of.version for of in sessions], state.chosen_step()
    if state.inspecting().work.busy and state.chosen_step() is None:
        return ids, time.monotonic() // LIVE_SECONDS
    return ids, [state.kept(of) for of in sessions]
