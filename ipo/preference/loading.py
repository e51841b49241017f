"""What a session reads from disk when it is opened, or when rows come in from elsewhere."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.preference import latents
from ipo.preference.candidates import Candidate
from ipo.preference.events import number_of
from ipo.preference.recent_actions import Action, latest
from ipo.preference.storage.pairs import OpenedPairs, Pair, PairStore
from ipo.preference.storage.rows import OpenedRows, Row, RowStore

logger = logging.getLogger("ipo.preference.loading")


@dataclass(frozen=True)
class Loaded:
    """Everything that was judged in a session."""

    rows: OpenedRows
    features: NDArray[np.float32]  # (n, d)
    pairs: OpenedPairs
    differences: NDArray[np.float32]  # (p, d): features of what was preferred less those of the other
    recent: list[tuple[Action, Sequence[Candidate]]]  # the last acts with their candidates, newest first

    @property
    def applied(self) -> dict[str, int]:
        """The highest event number of each browser."""
        applied: dict[str, int] = {}
        for event in [*self.rows.events, *self.pairs.events]:
            client = event.rpartition(":")[0]
            applied[client] = max(number_of(event), applied.get(client, -1))
        return applied


def load(rows: RowStore, pairs: PairStore) -> Loaded:
    """Read a session, on the decode lane. Raises `OSError` or `ValueError`."""
    rows.create()
    pairs.create()
    found, found_pairs = rows.open(), pairs.open()
    preferred, others = found_pairs.latents[:, 0], found_pairs.latents[:, 1]
    differences = latents.features(preferred) - latents.features(others)
    row_of = {row.candidate_id: row for row in found.rows}
    recent: list[tuple[Action, Sequence[Candidate]]] = []
    for act in latest(found.rows, found_pairs.pairs):
        shown = pairs.candidates(act.pair) if act.pair else [rows.candidate(row_of[act.id])]
        recent.append((act, shown))
    return Loaded(found, latents.features(found.latents), found_pairs, differences, recent)


def read_pairs(store: PairStore, numbers: Sequence[int]) -> list[tuple[Pair, NDArray[np.float32]]]:
    """Pairs with their differences `(d,)`; one that cannot be read is named when the session is opened."""
    found = []
    for number in numbers:
        try:
            pair, z = store.read(number)
        except (OSError, ValueError) as error:
            logger.warning("pair %06d cannot be read: %s", number, error)
            continue
        preferred, other = latents.features(z)
        found.append((pair, preferred - other))
    return found


def read_rows(store: RowStore, numbers: Sequence[int]) -> list[tuple[Row, NDArray[np.float32]]]:
    """Rows with their features `(d,)`; one that cannot be read is named when the session is opened."""
    found = []
    for number in numbers:
        try:
            row, z = store.read(number)
        except (OSError, ValueError) as error:
            logger.warning("row %06d cannot be read: %s", number, error)
            continue
        found.append((row, latents.features(z[None])[0]))
    return found
