"""Making candidates: propose latents, decode them once, keep everything needed to decode it again."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.protocol import Decoder
from ipo.images import encode_png
from ipo.jobs import Progress
from ipo.preference import latents
from ipo.preference.candidates import Candidate, Proposal
from ipo.preference.proposals.proposers import ProposalContext, ProposedLatent, ProposerSettings, propose
from ipo.preference.state import RIDGE
from ipo.preference.storage.numbered_folders import now
from ipo.preference.storage.rows import RowStore
from ipo.preference.storage.sessions import SessionFolder, SessionKey
from ipo.value.ridge import RidgeFit


@dataclass(frozen=True)
class Proposing:
    """How the next candidates are proposed."""

    how: ProposerSettings = field(default_factory=ProposerSettings)
    model: str = RIDGE  # whose values are shown and used


@dataclass(frozen=True)
class Generated:
    """Candidates that were made together."""

    candidates: tuple[Candidate, ...]
    seconds: float  # that all of them took


def generate_candidates(
    folder: SessionFolder,
    decoder: Decoder,
    proposing: Proposing,
    context: ProposalContext,
    count: int,
    progress: Progress,
) -> Generated:
    """The next candidates of a session, kept in its folder until they are judged. Raises `OSError`."""
    began = time.monotonic()
    with folder.generator() as rng:
        seeds = [int(rng.integers(2**63)) for _ in range(count)]
    candidates = make_candidates(folder.key, decoder, proposing, context, seeds, progress)
    for candidate in candidates:
        RowStore(folder.path, candidate.z.shape).save_pending(candidate)
    return Generated(candidates, time.monotonic() - began)


def make_candidates(
    key: SessionKey,
    decoder: Decoder,
    proposing: Proposing,
    context: ProposalContext,
    seeds: Sequence[int],
    progress: Progress,
) -> tuple[Candidate, ...]:
    """A decoded candidate for each seed, which everything random about it follows from.

    They are proposed one after another, each apart from those before it, and decoded together.
    """
    shape = decoder.info.latent_shape(key.size)
    proposals: list[ProposedLatent] = []
    for seed in seeds:
        proposed = propose(proposing.how, shape, context, np.random.default_rng(seed))
        proposals.append(proposed)
        context = context.with_pending(latents.features(proposed.z[None]))
    zs = np.stack([proposed.z for proposed in proposals])
    images = decoder.decode(zs, key.prompt, key.decoding, context=progress)
    return tuple(
        _candidate(key, decoder, proposing, context, proposed, seed, pixels)
        for proposed, seed, pixels in zip(proposals, seeds, images, strict=True)
    )


def _candidate(
    key: SessionKey,
    decoder: Decoder,
    proposing: Proposing,
    context: ProposalContext,
    proposed: ProposedLatent,
    seed: int,
    pixels: NDArray[np.uint8],
) -> Candidate:
    read = latents.features(proposed.z[None])
    return Candidate(
        session=key.id,
        prompt=key.prompt,
        z=proposed.z,
        anchor=key.id,
        seed=seed,
        decoder=decoder.info.record(),
        settings=key.decoding,
        proposal=Proposal(
            proposed.proposer,
            proposed.parameters,
            value=None if context.model is None else _finite(context.model.predict(read)[0]),
            sd=_finite(context.model.deviation(read)[0]) if isinstance(context.model, RidgeFit) else None,
            value_model=None if context.model is None else proposing.model,
        ),
        created_at=now(),
        png=encode_png(pixels),
    )


def _finite(predicted: float) -> float | None:
    """A prediction as a record keeps it: what a model could not say is missing, for JSON has no NaN."""
    return float(predicted) if math.isfinite(predicted) else None
