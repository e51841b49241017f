"""Ranking proposals by how they look: latents propose, and a fit that reads images says which is shown."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ipo.preference.latents import features
from ipo.preference.proposals.proposers import EXPLOIT, KAPPA, THOMPSON, ProposedLatent, ProposerSettings
from ipo.value.two_kernels import TwoKernelFit

PROPOSALS = 8  # that are looked at for one image
SIDE = 224  # pixels of what is looked at: what image backbones read


def best_looking(
    how: ProposerSettings,
    proposals: Sequence[ProposedLatent],
    embeddings: NDArray[np.float32],
    fit: TwoKernelFit,
    rng: np.random.Generator,
) -> int:
    """The place of the one to show, by embeddings `(n, e)` of all: highest bound, or value in one draw."""
    read = features(np.stack([proposed.z for proposed in proposals]))
    values = fit.predict(read, embeddings).astype(np.float64)
    if how.proposer == EXPLOIT:
        return int(np.argmax(values))
    spread = KAPPA * how.explore * fit.deviation(read, embeddings)
    if how.proposer == THOMPSON:
        spread = spread * rng.standard_normal(len(values))
    return int(np.argmax(values + spread))
