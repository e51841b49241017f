"""Making candidates: latents that are proposed and decoded once, or pictures of a folder that are chosen."""

import logging
import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.decoder_change import DecoderChange, decoder_change
from ipo.decoders.protocol import Decoder
from ipo.decoders.settings import Settings
from ipo.images import encode_png
from ipo.jobs import Progress, Publisher
from ipo.pictures.pool import PictureGone, PicturePool
from ipo.pictures.reading import content_hash
from ipo.preference import latents
from ipo.preference.candidates import CONTENT, PICTURE, Candidate, Proposal, candidate_id
from ipo.preference.embeddings.image_values import Embedding, ImageValues
from ipo.preference.proposals.choose_picture import choose
from ipo.preference.proposals.looking import ImageRanking, Looks, best_of, draw_small, embedded
from ipo.preference.proposals.previews import CandidatePreviews
from ipo.preference.proposals.proposers import (
    ProposalContext,
    ProposedLatent,
    ProposerSettings,
    propose_several,
)
from ipo.preference.state import RIDGE
from ipo.preference.storage.numbered_folders import now
from ipo.preference.storage.rows import RowStore
from ipo.preference.storage.sessions import SessionFolder, SessionKey
from ipo.value.ridge import RidgeFit

logger = logging.getLogger("ipo.preference.proposals.generate")


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
    exhausted: int | None = None  # the version of the pool if it held no more than these, else `None`
    change: DecoderChange | None = None  # where the decoder is not the one that was expected
    embeddings: Mapping[str, Embedding] = field(
        default_factory=dict
    )  # by candidate id, where they are wanted
    looks: Looks = field(default_factory=Looks)  # at proposals
    decoding: float = 0.0  # seconds that the images took in full


def generate_candidates(
    folder: SessionFolder,
    source: Decoder | PicturePool,
    proposing: Proposing,
    context: ProposalContext,
    taken: Collection[str],
    count: int,
    expected: Mapping[str, Any] | None,
    ranking: ImageRanking | None,
    progress: Publisher,
) -> Generated:
    """The next candidates of a session, kept in its folder until they are judged. Raises `OSError`.

    Of a pool, there are fewer than `count` where it holds no more; `taken` are contents that are left out.
    `expected`: the record of the decoder that they have to come from. Of one with other weights there are no
    candidates, which the first image may tell only when it is made. `ranking`: whether and how proposals
    are looked at.
    """
    began = time.monotonic()
    with folder.generator() as rng:
        seeds = [int(rng.integers(2**63)) for _ in range(count)]
    exhausted = change = None
    made = Made(())
    if isinstance(source, PicturePool):
        version = source.version  # before the pictures, which may then be more than it says
        candidates = choose_candidates(folder.key, source, proposing, context, taken, seeds, progress)
        exhausted = version if len(candidates) < count else None
    else:
        change = decoder_change(expected, source.info.record())
        if change is None or not change.holds:
            made = make_candidates(folder.key, source, proposing, context, seeds, progress, ranking)
            candidates = made.candidates
            change = decoder_change(expected, source.info.record())
        if change is not None and change.holds:
            return Generated((), 0.0, change=change)
    for candidate in candidates:
        RowStore(folder.path, candidate.z.shape).save_pending(candidate)
    seconds = time.monotonic() - began
    return Generated(candidates, seconds, exhausted, change, made.embeddings, made.looks, made.decoding)


@dataclass(frozen=True)
class Made:
    """Candidates that a decoder drew, and what is known of their images."""

    candidates: tuple[Candidate, ...]
    embeddings: Mapping[str, Embedding] = field(default_factory=dict)  # by candidate id
    looks: Looks = field(default_factory=Looks)
    decoding: float = 0.0  # seconds


def make_candidates(
    key: SessionKey,
    decoder: Decoder,
    proposing: Proposing,
    context: ProposalContext,
    seeds: Sequence[int],
    progress: Publisher,
    ranking: ImageRanking | None = None,
) -> Made:
    """A decoded candidate for each seed, which everything random about it follows from.

    They are proposed one after another, each apart from those before it, and decoded together. With a
    `ranking` several are proposed for each, and looked at.
    """
    shape, looks = decoder.info.latent_shape(key.size), Looks()
    several = ranking.proposals if ranking is not None and ranking.looks else 1
    proposals: list[ProposedLatent] = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        found = propose_several(proposing.how, shape, context, rng, several)
        proposed = found[0]
        if ranking is not None:
            draw = partial(draw_small, decoder, key.prompt, key.decoding, progress)
            proposed = best_of(ranking, proposing.how, found, draw, rng, looks)
        proposals.append(proposed)
        context = context.with_pending(latents.features(proposed.z[None]))
    zs = np.stack([proposed.z for proposed in proposals])
    watched = CandidatePreviews(progress, [candidate_id(key.id, z) for z in zs])
    began = time.monotonic()
    images = decoder.decode(zs, key.prompt, key.decoding, context=watched)
    decoding = time.monotonic() - began
    candidates = tuple(
        _candidate(key, decoder, key.decoding, proposing, context, proposed, seed, pixels)
        for proposed, seed, pixels in zip(proposals, seeds, images, strict=True)
    )
    if ranking is None:
        return Made(candidates, looks=looks, decoding=decoding)
    by_content = {content_hash(one.png): pixels for one, pixels in zip(candidates, images, strict=True)}
    vectors = embedded(ranking, by_content, progress)
    known = {one.id: vectors[content] for one in candidates if (content := content_hash(one.png)) in vectors}
    if proposing.model == RIDGE and ranking.fit is not None:
        candidates = tuple(_valued(one, ImageValues(ranking.fit, known)) for one in candidates)
    return Made(candidates, known, looks, decoding)


def _valued(candidate: Candidate, values: ImageValues) -> Candidate:
    """The candidate with the value of what its image shows; with none where that is not known."""
    read = latents.features(candidate.z[None])
    value, sd = values.predict([candidate.id], read, deviations=True).get(candidate.id, (None, None))
    return replace(candidate, proposal=replace(candidate.proposal, value=value, sd=sd))


def choose_candidates(
    key: SessionKey,
    pool: PicturePool,
    proposing: Proposing,
    context: ProposalContext,
    taken: Collection[str],
    seeds: Sequence[int],
    progress: Progress,
) -> tuple[Candidate, ...]:
    """A picture of a pool for each seed, or for fewer where all others are taken.

    They are chosen one after another, each as if those before it were seen.
    """
    snapshot = pool.snapshot()
    shape = pool.latent_shape(key.size)
    free = [place for place, picture in enumerate(snapshot.pictures) if picture.content not in taken]
    places = np.array(free, np.intp)
    candidates: list[Candidate] = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        while len(places):
            progress.check()
            choice = choose(proposing.how, snapshot.features[places], context, rng)
            picture, read = snapshot.pictures[places[choice.place]], snapshot.features[places[choice.place]]
            places = np.delete(places, choice.place)
            try:
                shown = pool.open(picture)
            except PictureGone as error:
                logger.warning("%s: %s", pool.folder, error)
                continue
            z = (read * np.sqrt(read.size)).reshape(shape).astype(np.float32)  # as a latent, on the shell
            proposed = ProposedLatent(z, choice.proposer, choice.parameters)
            settings = {**key.decoding, PICTURE: picture.path, CONTENT: picture.content}
            candidates.append(
                _candidate(key, pool, settings, proposing, context, proposed, seed, shown.pixels)
            )
            context = context.with_pending(latents.features(z[None]))
            break
    return tuple(candidates)


def _candidate(
    key: SessionKey,
    source: Decoder | PicturePool,
    settings: Settings,
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
        decoder=source.info.record(),
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
