"""Which fragments of the page are drawn again, and when: each notes the version of what it shows."""

from contextlib import AbstractContextManager
from typing import Any, NoReturn

from ipo.keys import Keys
from ipo.ui.runtime import fragments
from ipo.ui.runtime.process import workspace
from pages.training.ssvae.state import teaching

FRAGMENTS = (Keys.SSVAE_CONTROLS_FRAGMENT, Keys.SSVAE_CURVES_FRAGMENT, Keys.SSVAE_RUNS_FRAGMENT)


def drawing(fragment: Keys) -> AbstractContextManager[None]:
    """Note what a fragment shows, once it is drawn."""
    return fragments.drawing(fragment, _version(fragment))


def due() -> list[str]:
    """Fragments that show something older than what is there."""
    return fragments.due({fragment: _version(fragment) for fragment in FRAGMENTS})


def draw_due() -> NoReturn:
    """Draw what is older than what is there."""
    fragments.only(*due())


def _version(fragment: Keys) -> Any:
    of = teaching()
    if fragment == Keys.SSVAE_CURVES_FRAGMENT:
        history = of.digits.history
        return of.opened, history and (len(history), history[-1])
    if fragment == Keys.SSVAE_RUNS_FRAGMENT:
        return len(of.digits.runs)
    return of.version, workspace().mnist_fetch.version
