"""Says that something may be another now, to whoever compares versions; what it is, the versions say."""

import threading
from collections.abc import Callable


class Changes:
    """Listeners of one workspace. Safe to use from any thread."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def notify(self) -> None:
        """Call every listener, on this thread. A listener must be quick and must not raise."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called from now on. Returns what ends that; ending it twice does nothing."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end
