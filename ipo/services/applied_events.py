"""Which events of browsers were applied: the number of the last one of each page load."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

_MOST_CLIENTS = 1000  # page loads that are remembered


class AppliedEvents:
    """Safe for threads."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, client: str) -> bool:
        with self._lock:
            return client in self._last

    def is_new(self, client: str, seq: int) -> bool:
        with self._lock:
            return seq > self._last.get(client, -1)

    def note(self, client: str, seq: int) -> None:
        """The event `seq` of a page load, and all before, are applied."""
        with self._lock:
            self._last[client] = seq
            self._last.move_to_end(client)
            if len(self._last) > _MOST_CLIENTS:
                self._last.popitem(last=False)

    def acknowledged(self, clients: Iterable[str]) -> Mapping[str, int]:
        """The number of the last event of each page load that was applied, where there is one."""
        with self._lock:
            return {client: self._last[client] for client in clients if client in self._last}
