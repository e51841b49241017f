"""Labels that somebody looked at and kept: `confirmed.csv` beside `labels.csv`, with the same columns.

An image is asked about again once its label is another one.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ipo.digits.labels.csv_file import Values, encode, read
from ipo.durable import replace_file
from ipo.file_locks import file_lock


class ConfirmedLabels:
    """Of `count` images. Safe for threads and processes; raises `BadLabels` and `OSError`."""

    def __init__(self, folder: Path, count: int, classes: int) -> None:
        self.path = folder / "confirmed.csv"
        self._count, self._classes = count, classes

    def read(self) -> Values:
        """The labels that were confirmed `(count,)`, `NONE` for all other images."""
        return read(self.path, self._count, self._classes)

    def confirm(self, rows: Sequence[int], labels: Sequence[int]) -> None:
        """Remember that these labels are right."""
        with file_lock(self.path.with_name(".confirmed.lock")):
            values = self.read()
            values[np.asarray(rows, np.int64)] = labels
            replace_file(self.path, encode(values))

    def forget(self) -> None:
        """Ask about all of them again."""
        with file_lock(self.path.with_name(".confirmed.lock")):
            self.path.unlink(missing_ok=True)
