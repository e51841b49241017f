"""Panels of a page that the server draws again when what they show is another.

    @live_panel(Keys.RUNS_PANEL, version=lambda: partial(runs_version, chosen_run()))
    def render_runs() -> None: ...

`version` is called in the run of the page and binds what this tab has chosen. What it returns is called on
other threads: it must be quick, and know nothing of `st.session_state`. A panel is due when that gives
another value than it did before the panel was drawn last.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ipo.services.changes import Changes
from ipo.ui.runtime.process import workspace
from ipo.ui.runtime.widgets import note_browser

logger = logging.getLogger("ipo.ui.live_page")

AGAIN_SECONDS = 2.0  # until what was asked for and not drawn is asked for once more
# Until a page is taken to be on screen though its browser did not say so. A busy machine needs ten seconds
# for its first page, and what is drawn too early costs the whole page; what is drawn late costs a while.
ARRIVAL_SECONDS = 60.0

Version = Callable[[], Any]
P = ParamSpec("P")

_NEVER = object()  # in the place of a version
_UNREADABLE = object()


@dataclass(eq=False)
class Panel:
    """One panel of one tab: what it shows, and what it was last asked to show."""

    key: str
    version: Version
    seconds: float  # between two drawings, at least
    settle: float = 0.0  # seconds for which a version stays before it is drawn
    drawn: Any = _NEVER
    drawn_at: float = 0.0
    asked: Any = _NEVER
    asked_at: float = 0.0
    seen: Any = _NEVER
    seen_at: float = 0.0
    failure: str = ""

    def read(self) -> Any:
        """The version now. If it cannot be read, that costs this panel only, and is logged once."""
        try:
            version = self.version()
        except Exception as error:  # a border: versions read whatever a page shows
            if self.failure != repr(error):
                self.failure = repr(error)
                logger.exception("The version of %s cannot be read", self.key)
            return _UNREADABLE
        self.failure = ""
        return version

    def is_due(self, version: Any, now: float) -> bool:
        """Whether it shows another version, and nobody asked for this one just now."""
        again = now - self.asked_at >= AGAIN_SECONDS
        return version is not _UNREADABLE and version != self.drawn and (again or version != self.asked)

    def may_be_drawn(self, version: Any, now: float) -> bool:
        """Whether it was drawn long enough ago, and the version has stayed long enough."""
        if version != self.seen:
            self.seen, self.seen_at = version, now
        return now - self.drawn_at >= self.seconds and now - self.seen_at >= self.settle


@dataclass(frozen=True)
class Due:
    """A panel to be drawn, and the version that it is to show."""

    panel: Panel
    version: Any

    def note_asked(self, now: float) -> None:
        self.panel.asked, self.panel.asked_at = self.version, now


class Panels:
    """The panels on screen, by tab. Safe to use from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.added = Changes()
        self._tabs: dict[str, dict[str, Panel]] = {}
        self._arriving: dict[str, tuple[str, float]] = {}  # tab → id of its page on the way, and since when
        self._lock = threading.Lock()

    @property
    def any(self) -> bool:
        return bool(self._tabs)

    @contextmanager
    def drawing(
        self, tab: str, key: str, version: Version, seconds: float = 0.0, settle: float = 0.0
    ) -> Iterator[None]:
        """While a panel is drawn. A drawing that is cut short leaves it due; one that fails does not."""
        panel = self._enter(tab, key, version, seconds, settle)
        shown = panel.read()  # before anything is drawn: what changes meanwhile is due afterwards
        try:
            yield
        except Exception:  # Streamlit's own ways out of a run are no `Exception`s
            self._stamp(panel, shown)
            raise
        # What changed meanwhile may be drawn, and may have changed back when the panel is looked at next.
        self._stamp(panel, shown if panel.read() == shown else _NEVER)

    def begin(self, tab: str) -> None:
        """The page of a tab is drawn anew as a whole: nothing of it is asked for until that has arrived.

        A browser that is told of a run while it does not show the page yet empties it, and then gets parts
        without the page around them.
        """
        self.forget(tab)
        with self._lock:
            self._arriving[tab] = secrets.token_urlsafe(8), self.clock()

    def arrival(self, tab: str) -> str:
        """The id that a browser is to send back once it shows the page; empty if it has."""
        return self._arriving.get(tab, ("", 0.0))[0]

    def note_arrival(self, id_: str) -> None:
        """A browser shows the page of that id."""
        with self._lock:
            self._arriving = {tab: page for tab, page in self._arriving.items() if page[0] != id_}
        self.added.notify()

    def forget(self, tab: str) -> None:
        """Nothing of this tab is on screen."""
        with self._lock:
            self._tabs.pop(tab, None)
            self._arriving.pop(tab, None)

    def due(self) -> dict[str, list[Due]]:
        """What is to be drawn, by tab; also what has to wait for a moment, with no panels."""
        now = self.clock()
        with self._lock:
            tabs = {tab: list(panels.values()) for tab, panels in self._tabs.items()}
            arriving = {tab for tab, (_, at) in self._arriving.items() if now - at < ARRIVAL_SECONDS}
        due = {}
        for tab, panels in tabs.items():
            found = [Due(panel, version) for panel in panels if panel.is_due(version := panel.read(), now)]
            if found:
                ready = [one for one in found if one.panel.may_be_drawn(one.version, now)]
                due[tab] = [] if tab in arriving else ready
        return due

    def _enter(self, tab: str, key: str, version: Version, seconds: float, settle: float) -> Panel:
        with self._lock:
            panels = self._tabs.setdefault(tab, {})
            panel = panels.setdefault(key, Panel(key, version, seconds))
            panel.version, panel.seconds, panel.settle = version, seconds, settle
        self.added.notify()
        return panel

    def _stamp(self, panel: Panel, version: Any) -> None:
        panel.drawn, panel.drawn_at = version, self.clock()


PANELS = Panels()


def live_panel(
    key: str, version: Callable[[], Version], seconds: float = 0.0, settle: float = 0.0
) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Decorate a function that draws a panel: it becomes the fragment `key`, drawn again when it is due.

    `seconds` lie between two drawings, however often the version changes. What stays for less than `settle`
    seconds is not drawn.
    """

    def decorate(draw: Callable[P, None]) -> Callable[P, None]:
        @st.fragment(key=key)
        @wraps(draw)
        def render(*args: P.args, **kwargs: P.kwargs) -> None:
            note_browser()
            with PANELS.drawing(_tab(), key, version(), seconds, settle):
                draw(*args, **kwargs)
            workspace().changes.notify()  # a callback before this may have changed what others show

        return render

    return decorate


def begin_page() -> None:
    """Forget the panels of the page before. At the beginning of each full run."""
    note_browser()
    PANELS.begin(_tab())


def page_arrival() -> str:
    """The id that the browser sends back once it shows the page; see `Panels.begin`."""
    return PANELS.arrival(_tab())


def _tab() -> str:
    context = get_script_run_ctx()
    if context is None:
        raise RuntimeError("A panel is drawn outside of a run of Streamlit.")
    return context.session_id
