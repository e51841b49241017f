"""What a session reads from disk when it is opened, or when rows come in from elsewhere."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.preference import latents
from ipo.preference.acts.history import ActHistory
from ipo.preference.candidates import Candidate, content_of
from ipo.preference.events import client_of, number_of
from ipo.preference.storage.numbered_folders import Opened
from ipo.preference.storage.pairs import OpenedPairs
from ipo.preference.storage.rows import OpenedRows
from ipo.preference.storage.sessions import SessionFolder
from ipo.preference.storage.skips import Skip
from ipo.preference.storage.stores import Judged, Stores

RECENT = 10  # judgements that stay within reach of one click


@dataclass(frozen=True)
class Loaded:
    """Everything that was judged in a session."""

    rows: OpenedRows
    features: NDArray[np.float32]  # (n, d)
    pairs: OpenedPairs
    pair_features: NDArray[np.float32]  # (p, 2, d): of what was preferred, and of the other
    skips: Opened[Skip]
    history: ActHistory
    recent: list[Candidate]  # those of the last judgements, oldest first

    @property
    def contents(self) -> set[str]:
        """Of the pictures of a folder that were judged or skipped."""
        records = [row.candidate for row in self.rows.rows] + [skip.candidate for skip in self.skips.entries]
        records += [record for pair in self.pairs.pairs for record in (pair.preferred, pair.other)]
        return {content for record in records if (content := content_of(record.settings))}

    @property
    def applied(self) -> dict[str, int]:
        """The highest event number of each browser."""
        applied: dict[str, int] = {}
        for event in [*self.rows.events, *self.pairs.events, *self.skips.events]:
            client = client_of(event)
            applied[client] = max(number_of(event), applied.get(client, -1))
        return applied


def load(folder: SessionFolder, latent_shape: tuple[int, ...]) -> Loaded:
    """Read a session whose folder may not be there yet. Raises `OSError` or `ValueError`."""
    folder.create()
    stores = Stores(folder, latent_shape)
    stores.create()
    rows, pairs, skips = stores.rows.open(), stores.pairs.open(), stores.skips.open()
    both = np.stack([latents.features(pairs.latents[:, side]) for side in (0, 1)], axis=1)
    judged: list[Judged] = [*rows.rows, *pairs.pairs, *skips.entries]
    undone = [*rows.undone, *pairs.undone, *skips.undone]
    history = ActHistory([*((one.item, one.history) for one in judged), *undone])
    by_item = {one.item: one for one in judged}
    recent = [
        candidate
        for item in reversed(history.last_judged(RECENT))
        for candidate in stores.candidates(by_item[item])
    ]
    return Loaded(rows, latents.features(rows.latents), pairs, both, skips, history, recent)
