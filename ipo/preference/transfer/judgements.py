"""The rows and pairs of a session with their images, one after the other, as exports read them."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ipo.jobs import Progress
from ipo.preference.storage.files import MAX_IMAGE
from ipo.preference.storage.numbered_folders import Damaged, NumberedRecord, reason
from ipo.preference.storage.pairs import IMAGES, Pair, PairStore
from ipo.preference.storage.rows import IMAGE, Row, RowStore
from ipo.preference.storage.standing import standing
from ipo.regular_files import read_regular

K = TypeVar("K", bound=NumberedRecord)


@dataclass(frozen=True)
class Exported:
    """What an export holds, and what it left out."""

    rows: int
    pairs: int = 0
    damaged: tuple[Damaged, ...] = ()


class JudgementReader:
    """Reads what was judged and not undone. What is damaged is passed over and kept in `damaged`.

    Damaged is what cannot be opened in the app, and an image that is not the one that was judged.
    """

    def __init__(self, progress: Progress, *stores: RowStore | PairStore) -> None:
        """`stores` are those that will be read: the progress is over all of them."""
        self.damaged: list[Damaged] = []
        self._progress = progress
        self._done = 0
        self._total = sum(len(numbers_in(store)) for store in stores)

    def rows(self, store: RowStore) -> Iterator[tuple[Row, bytes]]:
        """Each row and its PNG, by number. Raises `Cancelled`, and `OSError` where the folder is closed."""
        for row, (png,) in self._read(store, store.read, (IMAGE,)):
            yield row, png

    def pairs(self, store: PairStore) -> Iterator[tuple[Pair, bytes, bytes]]:
        """Each pair, the PNG of what was preferred and that of the other, by number. Raises as `rows`."""
        for pair, (preferred, other) in self._read(store, store.read, IMAGES):
            yield pair, preferred, other

    def check_found(self, count: int, advice: str) -> None:
        """Raises `ValueError` with what is wrong if nothing was found: an export of nothing is no use."""
        if not count and self.damaged:
            first = self.damaged[0]
            raise ValueError(
                f"All that could be exported is damaged ({len(self.damaged)}), such as {first.folder}: "
                f"{first.reason}. Nothing was written."
            )
        if not count:
            raise ValueError(advice)

    def _read(
        self,
        store: RowStore | PairStore,
        read: Callable[[int], tuple[K, object]],
        names: Sequence[str],
    ) -> Iterator[tuple[K, list[bytes]]]:
        for number in numbers_in(store):
            self._progress.check()
            fraction = min(1.0, self._done / max(1, self._total))  # others judge meanwhile
            self._progress.report(fraction, f"{self._done} of {self._total} judgements")
            self._done += 1
            try:
                entry, _ = read(number)
                images = [_image(store, number, name) for name in names]
            except (OSError, ValueError) as error:
                self.damaged += damage(store, number, error)
                continue
            if standing(entry.history).present:
                yield entry, images


def damage(store: RowStore | PairStore, number: int, error: Exception) -> list[Damaged]:
    """What is wrong with a row or pair that could not be read: nothing if it was undone meanwhile."""
    if not store.holds(number):
        return []
    folder = store.folder(number)
    return [Damaged(f"{folder.parent.name}/{folder.name}", reason(error))]


def numbers_in(store: RowStore | PairStore) -> list[int]:
    """The numbers in a store; none where it was never made."""
    return store.numbers() if store.path.exists() else []


def _image(store: RowStore | PairStore, number: int, name: str) -> bytes:
    """An image as it was judged. Raises `OSError`, or `ValueError` where it is another by now."""
    content = read_regular(store.folder(number) / name, MAX_IMAGE)
    if hashlib.sha256(content).hexdigest() != store.read_record(number).files[name].sha256:
        raise ValueError(f"{name} is not the image that was judged: its sha256 is another")
    return content
