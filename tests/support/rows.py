"""Sessions with rows, made without the app."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.procedural.decoder import ProceduralDecoder
from ipo.images import encode_png
from ipo.jobs import SILENT
from ipo.preference import latents
from ipo.preference.candidates import Candidate, Proposal
from ipo.preference.storage.numbered_folders import now
from ipo.preference.storage.rows import RowStore
from ipo.preference.storage.sessions import SessionFolder, SessionKey
from tests.support.flat_decoder import FlatDecoder

PROMPT = "misty harbour at dawn"
SIZE = 64  # pixels of a side: the smallest that there is, and drawn soonest


def made_candidate(key: SessionKey, rng: np.random.Generator) -> Candidate:
    """A candidate with a random latent and a flat image."""
    colour = rng.integers(0, 256, 3, np.uint8)
    return Candidate(
        session=key.id,
        prompt=key.prompt,
        z=latents.prior(latents.grid_shape(key.size), rng),
        anchor=key.id,
        seed=0,
        decoder=(FlatDecoder() if key.decoder == "flat" else ProceduralDecoder()).info.record(),
        settings={"size": key.size},
        proposal=Proposal("random", {}),
        created_at=now(),
        png=encode_png(np.broadcast_to(colour, (key.size, key.size, 3)).copy()),
    )


def fill_session(
    home: Path, rows: int, size: int, seed: int = 0, *, lean: float = 0.0, decoded: bool = False
) -> SessionKey:
    """Write a session whose labels follow one direction of the latent space.

    `lean` is the angle by which rows are turned to their side of it, in radians: the larger, the plainer.
    Images are flat unless they are to be `decoded`, which takes longer.
    """
    key = SessionKey(PROMPT, size, "procedural")
    folder = SessionFolder(home, key)
    folder.create()
    store = RowStore(folder.path, latents.grid_shape(size))
    store.create()
    rng = np.random.default_rng(seed)
    taste = rng.standard_normal(latents.grid_shape(size))
    for number in range(rows):
        candidate = made_candidate(key, rng)
        label = 1 if float(np.vdot(candidate.z, taste)) > 0 else -1
        if lean:
            candidate = replace(candidate, z=latents.rotate(candidate.z, label * taste, lean))
        if decoded:
            candidate = replace(candidate, png=_decoded(key, candidate.z))
        store.save(candidate, label, f"filled:{number}")
    return key


def _decoded(key: SessionKey, latent: NDArray[np.float32]) -> bytes:
    images = ProceduralDecoder().decode(latent[None], key.prompt, {"size": key.size}, context=SILENT)
    return encode_png(images[0])
