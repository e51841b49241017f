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
from ipo.preference.storage.pairs import OpenedPairs, PairStore
from ipo.preference.storage.rows import OpenedRows, RowStore
from ipo.preference.storage.sessions import SessionFolder

logger = logging.getLogger("ipo.preference.loading")


@dataclass(frozen=True)
class Loaded:
    """Everything that was judged in a session."""

    rows: OpenedRows
    features: NDArray[np.float32]  # (n, d)
    pairs: OpenedPairs
    differences: NDArray[np.float32]  # (p, d): features of what was preferred less those of the other
    recent: list[tuple[Action, Sequence[Candidate]]]  # the last actions with their candidates, newest first

    @property
    def applied(self) -> dict[str, int]:
        """The highest event number of each browser."""
        applied: dict[str, int] = {}
        for event in [*self.rows.events, *self.pairs.events]:
            client = event.rpartition(":")[0]
            applied[client] = max(number_of(event), applied.get(client, -1))
        return applied


def load(folder: SessionFolder, latent_shape: tuple[int, ...]) -> Loaded:
    """Read a session whose folder may not be there yet. Raises `OSError` or `ValueError`."""
    folder.create()
    rows, pairs = RowStore(folder.path, latent_shape), PairStore(folder.path, latent_shape)
    rows.create()
    pairs.create()
    opened_rows, opened_pairs = rows.open(), pairs.open()
    preferred, others = opened_pairs.latents[:, 0], opened_pairs.latents[:, 1]
    differences = latents.features(preferred) - latents.features(others)
    row_of = {row.candidate_id: row for row in opened_rows.rows}
    recent: list[tuple[Action, Sequence[Candidate]]] = []
    for action in latest(opened_rows.rows, opened_pairs.pairs):
        shown = pairs.candidates(action.pair) if action.pair else [rows.candidate(row_of[action.id])]
        recent.append((action, shown))
    return Loaded(opened_rows, latents.features(opened_rows.latents), opened_pairs, differences, recent)
