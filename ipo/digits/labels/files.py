"""The two files that hold labels, `labels.csv` and `unsure.csv`, as one array of codes."""

from pathlib import Path

import numpy as np

from ipo.digits.labels.csv_file import NONE, UNSURE, Values, encode, encode_serials, read, read_serials
from ipo.durable import replace_file

Signature = tuple[int, int, int] | None  # of a file as it is on disk; None: there is none


class LabelFiles:
    """Of `count` images in a folder. Who writes holds a lock, which is not the matter here."""

    def __init__(self, folder: Path, count: int, classes: int) -> None:
        self.labels, self.unsure = folder / "labels.csv", folder / "unsure.csv"
        self._count, self._classes = count, classes

    def signatures(self) -> tuple[Signature, Signature]:
        """Other ones when somebody wrote."""
        return signature(self.labels), signature(self.unsure)

    def read(self) -> Values:
        """The codes `(n,)`. Raises `BadLabels` and `OSError`."""
        codes = read(self.labels, self._count, self._classes)
        unsure = read_serials(self.unsure, self._count)
        codes[unsure[codes[unsure] == NONE]] = UNSURE
        return codes

    def replace(self, before: Values, codes: Values) -> None:
        """Between two files a label wins, and no image is ever in neither: a crash loses nothing.

        `before` are the codes on disk. Raises `OSError`.
        """
        unsure, was_unsure = codes == UNSURE, before == UNSURE
        either = unsure | was_unsure
        if not np.array_equal(either, was_unsure):
            replace_file(self.unsure, encode_serials(np.flatnonzero(either)))
        if not np.array_equal(np.maximum(codes, NONE), np.maximum(before, NONE)) or not self.labels.exists():
            replace_file(self.labels, encode(np.maximum(codes, NONE)))
        if not np.array_equal(either, unsure):
            replace_file(self.unsure, encode_serials(np.flatnonzero(unsure)))


def signature(path: Path) -> Signature:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
