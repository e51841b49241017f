"""Promises of looking: as many proposals as there is time for, and judging goes on where looking fails."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ipo.decoders.procedural.decoder import ProceduralDecoder
from ipo.decoders.protocol import Decoder, SmallDecoder
from ipo.embedding.protocol import Features, Images
from ipo.jobs import SILENT, Progress
from ipo.pictures.cached_embedder import CachedEmbedder
from ipo.preference.embeddings.image_values import ImageValues
from ipo.preference.latents import features, grid_shape, prior
from ipo.preference.proposals.generate import Made, Proposing, make_candidates
from ipo.preference.proposals.looking import MOST_SECONDS, ImageRanking, Looking, Looks
from ipo.preference.proposals.proposers import ProposalContext
from ipo.preference.proposals.rank_images import PROPOSALS
from ipo.preference.storage.sessions import SessionKey
from ipo.value.gram import Gram
from ipo.value.ridge_model import RidgeModel
from ipo.value.two_kernels import EMBEDDING, TwoKernelFit, fit_two_kernels
from tests.support.flat_decoder import FlatDecoder
from tests.support.pictures import CoarseColours

KEY = SessionKey("moss and rust", 64, "flat")
SHAPE = grid_shape(KEY.size)


class Broken(CoarseColours):
    """What weights in half precision may do."""

    def embed(self, images: Images, progress: Progress = SILENT) -> Features:
        raise ArithmeticError("The network gave NaN.")


def embedder(home: Path, kind: Callable[[], CoarseColours] = CoarseColours) -> CachedEmbedder:
    return CachedEmbedder(home, kind)


def decoded(z: NDArray[np.float32]) -> NDArray[np.uint8]:
    return FlatDecoder().decode(z, KEY.prompt, KEY.decoding, context=SILENT)


@pytest.fixture(scope="module")
def red() -> TwoKernelFit:
    """A taste for red, which embeddings tell."""
    rng, model = np.random.default_rng(0), RidgeModel(Gram())
    z = np.stack([prior(SHAPE, rng) for _ in range(60)])
    redness = decoded(z)[:, 0, 0].astype(int) @ [2, -1, -1]
    y = np.where(redness > np.median(redness), 1, -1).astype(np.float32)
    latent = model.refit(features(z), np.arange(60), y)
    fit = fit_two_kernels(latent, model.gram, CoarseColours().embed(decoded(z))[latent.places], EMBEDDING)
    assert fit is not None
    return fit


def made(ranking: ImageRanking | None, red: TwoKernelFit, seeds: range = range(6)) -> Made:
    context = ProposalContext(red.latent, red.latent)
    return make_candidates(KEY, FlatDecoder(), Proposing(), context, seeds, SILENT, ranking)


def test_what_is_shown_looks_best_of_what_was_proposed_and_says_so(tmp_path: Path, red: TwoKernelFit) -> None:
    ranking = ImageRanking(embedder(tmp_path), red, PROPOSALS)
    by_looks = made(ranking, red)
    assert by_looks.looks.proposals == 6 * PROPOSALS and by_looks.looks.seconds > 0
    values = ImageValues(red, by_looks.embeddings)
    for one in by_looks.candidates:
        assert one.proposal.parameters["looked_at"] == PROPOSALS
        value, sd = values.predict([one.id], features(one.z[None]), deviations=True)[one.id]
        assert one.proposal.value == pytest.approx(value) and one.proposal.sd == pytest.approx(sd)
    alone = made(ImageRanking(embedder(tmp_path), red), red)
    assert "looked_at" not in alone.candidates[0].proposal.parameters and not alone.looks.proposals
    others = ImageValues(red, alone.embeddings)
    shown, unseen = (
        np.mean([one for one, _ in said.predict([c.id for c in batch], read(batch)).values()])
        for said, batch in ((values, by_looks.candidates), (others, alone.candidates))
    )
    assert shown > unseen


def read(candidates: object) -> NDArray[np.float32]:
    return features(np.stack([one.z for one in candidates]))  # type: ignore[attr-defined]


def test_the_same_seeds_propose_the_same(tmp_path: Path, red: TwoKernelFit) -> None:
    ranking = ImageRanking(embedder(tmp_path), red, PROPOSALS)
    first, again = made(ranking, red), made(ranking, red)
    assert [one.id for one in first.candidates] == [one.id for one in again.candidates]


def test_an_embedder_that_fails_leaves_the_ranking_to_latents(tmp_path: Path, red: TwoKernelFit) -> None:
    failing = made(ImageRanking(embedder(tmp_path, Broken), red, PROPOSALS), red)
    latents_alone = made(None, red)
    assert [one.id for one in failing.candidates] == [one.id for one in latents_alone.candidates]
    assert not failing.embeddings and all(one.proposal.value is None for one in failing.candidates)


class Slow(FlatDecoder):
    """Draws no smaller images for less."""


@pytest.mark.parametrize("source", [ProceduralDecoder(), Slow()])
def test_as_many_proposals_are_looked_at_as_there_is_time_for(tmp_path: Path, source: Decoder) -> None:
    looking, small = Looking(source), isinstance(source, SmallDecoder)
    assert looking.proposals == 1 and looking.ranking(None) is None  # nobody wants it
    looking.embedder = embedder(tmp_path)
    assert (looking.proposals > 1) == small  # how long another decoder takes is not known yet
    looking.note(Looks(), 0.05, 1)
    assert looking.proposals > 1
    looking.note(Looks(0.8, 8), 0.1, 1)
    assert looking.proposals == PROPOSALS
    looking.note(Looks(MOST_SECONDS, 2), MOST_SECONDS, 1)
    assert looking.proposals == (2 if small else 1)
    ranking = looking.ranking(None)
    assert ranking is not None and not ranking.looks  # without a fit there is nothing to rank by
