"""All that is kept of the acts in a session: rows, pairs and skips."""

from collections.abc import Sequence

from ipo.preference.candidates import Candidate
from ipo.preference.storage.numbered_folders import Item, Kind
from ipo.preference.storage.pairs import Pair, PairStore
from ipo.preference.storage.rows import Row, RowStore
from ipo.preference.storage.sessions import SessionFolder
from ipo.preference.storage.skips import Skip, SkipStore

Judged = Row | Pair | Skip


class Stores:
    """The stores of one session. Safe for several threads and several processes."""

    def __init__(self, folder: SessionFolder, latent_shape: tuple[int, ...]) -> None:
        self.rows = RowStore(folder.path, latent_shape)
        self.pairs = PairStore(folder.path, latent_shape)
        self.skips = SkipStore(folder.path, latent_shape)

    def create(self) -> None:
        """Make their folders. Raises `OSError` where that is not allowed."""
        self.rows.create()
        self.pairs.create()
        self.skips.create()

    def holding(self, item: Item) -> RowStore | PairStore | SkipStore:
        """The store that an item is in."""
        if item.kind == Kind.ROW:
            return self.rows
        return self.pairs if item.kind == Kind.PAIR else self.skips

    def candidates(self, judged: Judged) -> Sequence[Candidate]:
        """What was judged, a preferred one first. Raises `OSError` or `ValueError`."""
        if isinstance(judged, Pair):
            return self.pairs.candidates(judged)
        return [self.rows.candidate(judged) if isinstance(judged, Row) else self.skips.candidate(judged)]

    def undo(self, judged: Judged, action: str, event: str, act: int) -> Judged:
        """Take a judgement back. Raises `OSError`, or `ValueError` for what is damaged."""
        if isinstance(judged, Row):
            return self.rows.undo(judged, event, act, action)
        if isinstance(judged, Pair):
            return self.pairs.undo(judged, event, act, action)
        return self.skips.undo(judged, event, act, action)
