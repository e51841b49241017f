"""Thumbnails of rows: made off the render thread when they are asked for, a bounded number kept in memory."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from ipo.images import thumbnail
from ipo.jobs import Progress, Submit
from ipo.preference.storage.rows import Row

logger = logging.getLogger("ipo.preference.analysis.thumbnails")

KEPT = 2048  # thumbnails in memory, 10 kB each at most
BATCH = 12  # made by one job, so that decoding is never kept waiting for long
UNREADABLE = b""  # stands for the thumbnail of an image that cannot be read


class Thumbnails:
    """The thumbnails of one session's rows. Safe to call from any thread."""

    def __init__(self, read: Callable[[Row], bytes], submit: Submit, kept: int = KEPT) -> None:
        """`read` gives the PNG of a row and may raise `OSError` or `ValueError`."""
        self._read, self._submit, self._kept = read, submit, kept
        self._made: OrderedDict[tuple[int, str], bytes] = OrderedDict()
        self._wanted: list[Row] = []  # the last ones asked for that are not made yet
        self._making = False
        self._lock = threading.Lock()

    def of(self, rows: Sequence[Row]) -> dict[str, bytes]:
        """JPEGs of those rows that are made, by candidate id; the others are made next."""
        with self._lock:
            there = {row.candidate_id: self._made[_place(row)] for row in rows if _place(row) in self._made}
            for row in rows:
                if row.candidate_id in there:
                    self._made.move_to_end(_place(row))
            self._wanted = [row for row in rows if row.candidate_id not in there]
        self._go_on()
        return there

    def _go_on(self) -> None:
        with self._lock:
            if self._making or not self._wanted:
                return
            self._making = True
            batch, self._wanted = self._wanted[:BATCH], self._wanted[BATCH:]

        def make(progress: Progress) -> list[tuple[Row, bytes]]:
            made = []
            for row in batch:
                progress.check()
                made.append((row, self._make(row)))
            return made

        self._submit(make, on_done=self._adopt, on_error=self._failed, label="make thumbnails")

    def _make(self, row: Row) -> bytes:
        try:
            return thumbnail(self._read(row))
        except (OSError, ValueError) as error:
            logger.warning("row %06d has no thumbnail: %s", row.number, error)
            return UNREADABLE

    def _adopt(self, made: list[tuple[Row, bytes]]) -> None:
        with self._lock:
            self._made.update((_place(row), jpeg) for row, jpeg in made)
            while len(self._made) > self._kept:
                self._made.popitem(last=False)
            self._making = False
        self._go_on()

    def _failed(self, error: BaseException) -> None:
        """Cancelled, or worse; whoever asks again starts anew."""
        logger.warning("no thumbnails: %s", error)
        with self._lock:
            self._making, self._wanted = False, []


def _place(row: Row) -> tuple[int, str]:
    return row.number, row.candidate_id
