"""Values by what images show: embeddings by candidate id, and the fit that reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.preference.training_set import TrainingSnapshot
from ipo.value.two_kernels import TwoKernelFit

Embedding = NDArray[np.float32]  # (e,)


@dataclass(frozen=True, eq=False)
class ImageValues:
    """A fit that reads embeddings, and those that are known. Of a candidate without one it says nothing."""

    fit: TwoKernelFit
    embeddings: Mapping[str, Embedding]  # by candidate id

    def predict(
        self, ids: Sequence[str], features: NDArray[np.float32], *, deviations: bool = False
    ) -> dict[str, tuple[float, float | None]]:
        """Value, and standard deviation if asked for, of those candidates that have an embedding.

        `features` are those of their latents, `(n, d)`.
        """
        known = [place for place, id_ in enumerate(ids) if id_ in self.embeddings]
        if not known:
            return {}
        read = np.stack([self.embeddings[ids[place]] for place in known])
        values = self.fit.predict(features[known], read).tolist()
        sds = self.fit.deviation(features[known], read).tolist() if deviations else [None] * len(known)
        return {ids[place]: pair for place, pair in zip(known, zip(values, sds, strict=True), strict=True)}


def embeddings_at(
    rows: TrainingSnapshot, known: Mapping[str, Embedding], places: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Embeddings `(n, e)` of the rows `places` `(n,)`, NaN where one is not known; of pairs differences."""
    dim = len(next(iter(known.values()))) if known else 1
    nothing = np.full(dim, np.nan, np.float32)
    by_place = dict(zip(rows.index.tolist(), (known.get(id_, nothing) for id_ in rows.ids), strict=True))
    for place, pair in zip(rows.pairs.tolist(), rows.pair_ids, strict=True):
        preferred, other = pair.split(">")
        by_place[place] = known.get(preferred, nothing) - known.get(other, nothing)
    return np.stack([by_place[place] for place in places.tolist()])
