"""The small tensors of all steps of a training elsewhere: only what is new travels."""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.inspector.attach.connection import Connection, Unreachable
from ipo.inspector.capture.history import History, HistoryColumns

_COLUMN = "column/"


class RemoteHistory:
    """What has travelled so far. Any thread may ask."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._columns = HistoryColumns()
        self._lock = threading.Lock()

    def since(self, step: int) -> History:
        """The rows from `step` on, of the steps that have travelled."""
        with self._lock:
            return self._columns.since(step)

    def fetch(self, done: int) -> None:
        """Have all rows of `done` steps. Raises `Unreachable`."""
        with self._lock:
            if self._columns.rows < done:
                self._fetch()

    def _fetch(self) -> None:
        arrays = self._connection.arrays("/attached/history", since=self._columns.rows)
        new = {
            name.removeprefix(_COLUMN): _checked(array, len(arrays["steps"]))
            for name, array in arrays.items()
            if name.startswith(_COLUMN)
        }
        for row in range(len(arrays["steps"])):
            self._columns.append({key: column[row] for key, column in new.items()})


def _checked(column: NDArray[Any], rows: int) -> NDArray[np.float32]:
    if column.ndim not in (1, 2) or len(column) != rows:
        raise Unreachable(f"It sent {column.shape} numbers of {rows} steps.")
    return np.asarray(column, np.float32)
