"""Values of figures by their content: pages put them here, and browsers fetch them by ids that stay."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

BUDGET = 256 * 2**20  # bytes: some steps of all that the inspector shows, to all tabs


class TensorStore:
    """Bytes under the hash of what they are; those wanted last stay, as far as `budget` bytes go."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._bytes = 0
        self._entries: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._collecting = threading.local()

    @contextmanager
    def collecting(self) -> Iterator[dict[str, bytes]]:
        """What this thread puts here meanwhile that was not here before, by id."""
        new: dict[str, bytes] = {}
        self._collecting.new = new
        try:
            yield new
        finally:
            del self._collecting.new

    def put(self, data: bytes, dtype: str) -> str:
        """The id of these values: the same for the same bytes of the same `dtype`, and for no others."""
        id_ = hashlib.sha256(dtype.encode() + b"\0" + data).hexdigest()
        new: dict[str, bytes] = getattr(self._collecting, "new", {})
        with self._lock:
            if id_ not in self._entries:
                self._entries[id_] = new[id_] = data
                self._bytes += len(data)
            self._entries.move_to_end(id_)
            while self._bytes > self._budget and len(self._entries) > 1:
                self._bytes -= len(self._entries.popitem(last=False)[1])
        return id_

    def get(self, id_: str) -> bytes | None:
        """The bytes of an id; `None` if they had to go, or never were here."""
        with self._lock:
            data = self._entries.get(id_)
            if data is not None:
                self._entries.move_to_end(id_)
            return data
