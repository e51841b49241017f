"""Making a candidate: propose a latent, decode it once, keep everything needed to decode it again."""

import math
from dataclasses import dataclass, field

import numpy as np

from ipo.decoders.protocol import Decoder
from ipo.images import encode_png
from ipo.jobs import Progress
from ipo.preference import latents
from ipo.preference.candidates import Candidate, Proposal
from ipo.preference.proposals.proposers import ProposalContext, ProposerSettings, propose
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


def generate_candidate(
    folder: SessionFolder,
    decoder: Decoder,
    proposing: Proposing,
    context: ProposalContext,
    progress: Progress,
) -> Candidate:
    """The next candidate of a session, kept in its folder until it is judged. Raises `OSError`."""
    with folder.generator() as rng:
        seed = int(rng.integers(2**63))
    candidate = make_candidate(folder.key, decoder, proposing, context, seed, progress)
    RowStore(folder.path, candidate.z.shape).save_pending(candidate)
    return candidate


def make_candidate(
    key: SessionKey,
    decoder: Decoder,
    proposing: Proposing,
    context: ProposalContext,
    seed: int,
    progress: Progress,
) -> Candidate:
    """One decoded candidate; everything random about it follows from `seed`."""
    shape = decoder.info.latent_shape(key.size)
    proposed = propose(proposing.how, shape, context, np.random.default_rng(seed))
    settings = {"size": key.size}
    z = proposed.z
    read = latents.features(z[None])
    pixels = decoder.decode(z[None], key.prompt, settings, context=progress)[0]
    return Candidate(
        session=key.id,
        prompt=key.prompt,
        z=z,
        anchor=key.id,
        seed=seed,
        decoder=decoder.info.record(),
        settings=settings,
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
