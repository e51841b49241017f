"""What the panels of a tab show without a run of their page: content by panel, made when it is asked for."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakValueDictionary

logger = logging.getLogger("ipo.services.inspector.live_content")

BEAT_SECONDS = 1.0  # between two drawings of all panels while many steps run, at least
MOST_SECONDS = 15.0  # at most, so that a tab that was slow once recovers
PACE = 4  # times what a drawing takes, from one to the next: most of the time is for the steps

Content = Callable[[], Any]  # plain JSON, or what `browser_json` makes of it; called on any thread


class LiveContent:
    """Of one tab. `version` says what all its panels show together; `None` while that is not worth a look.

    Safe to use from any thread. It lives as long as whoever opened it holds it.
    """

    def __init__(self, version: Callable[[], Any], clock: Callable[[], float] = time.monotonic) -> None:
        self.id = secrets.token_urlsafe(12)
        self._read_version = version
        self._shown: Any = None
        self._number = 1
        self.panels: dict[str, Content] = {}
        self.cost = 0.0  # seconds that it took the tab to draw all panels
        self._clock = clock
        self._beat, self._beat_at = 0, clock()
        self._lock = threading.Lock()

    def put(self, panel: str, content: Content) -> None:
        """Have a panel show this from now on."""
        self.panels[panel] = content

    def version(self) -> int:
        """Another number whenever a panel may show something else."""
        shown = self._read_version()
        with self._lock:
            if shown is not None and shown != self._shown:
                self._shown = shown
                self._number += 1
            return self._number

    def beat(self) -> int:
        """Another number every second; more rarely where drawing takes the tab long."""
        now = self._clock()
        with self._lock:
            if now - self._beat_at >= min(max(BEAT_SECONDS, PACE * self.cost), MOST_SECONDS):
                self._beat, self._beat_at = self._beat + 1, now
            return self._beat

    def show(self, panels: Iterable[str]) -> dict[str, Any]:
        """What each of these panels shows now; those that are not known are left out.

        One that fails costs itself only: it shows `{"failed": why}`.
        """
        known = dict(self.panels)
        return {panel: _made(panel, known[panel]) for panel in panels if panel in known}


def _made(panel: str, content: Content) -> Any:
    try:
        return content()
    except Exception as error:  # a border: whatever a panel raises is said in its place, and logged
        logger.exception("%s cannot be shown", panel)
        return {"failed": f"This could not be drawn: {error or type(error).__name__}"}


class LiveContents:
    """All tabs' content by id, as long as it lives."""

    def __init__(self) -> None:
        self._contents: WeakValueDictionary[str, LiveContent] = WeakValueDictionary()

    def open(self, version: Callable[[], Any]) -> LiveContent:
        content = LiveContent(version)
        self._contents[content.id] = content
        return content

    def find(self, id_: str) -> LiveContent | None:
        return self._contents.get(id_)
