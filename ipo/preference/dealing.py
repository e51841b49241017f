"""Making a candidate: propose a latent, decode it once, keep everything needed to decode it again."""

from dataclasses import dataclass

import numpy as np

from ipo.decoders.protocol import Decoder
from ipo.images import encode_png
from ipo.preference import latents
from ipo.preference.candidates import Candidate, Proposal
from ipo.preference.proposals import EXPLOIT, Guide, propose
from ipo.preference.rows import now
from ipo.preference.sessions import SessionKey
from ipo.preference.state import RIDGE
from ipo.progress import Progress


@dataclass(frozen=True)
class Proposing:
    """How the next candidates are proposed."""

    proposer: str = EXPLOIT
    model: str = RIDGE
    theta: float = 0.6  # radians


def make_candidate(
    key: SessionKey, decoder: Decoder, how: Proposing, guide: Guide, seed: int, progress: Progress
) -> Candidate:
    """One decoded candidate; everything random about it follows from `seed`."""
    shape = decoder.info.latent_shape(key.size)
    proposed = propose(how.proposer, shape, guide, np.random.default_rng(seed), theta=how.theta)
    settings = {"size": key.size}
    z = proposed.z
    pixels = decoder.decode(z[None], key.prompt, settings, context=progress)[0]
    value = None if guide.model is None else float(guide.model.predict(latents.features(z[None]))[0])
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
            value,
            value_model=None if guide.model is None else how.model,
        ),
        created_at=now(),
        png=encode_png(pixels),
    )
