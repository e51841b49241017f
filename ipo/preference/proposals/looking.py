"""Looking at proposals before one is shown: drawn small, embedded, and ranked by a fit that reads images.

How many are looked at for one image follows from what one takes, as measured: a second or two at most.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.protocol import Decoder, SmallDecoder
from ipo.decoders.settings import Settings
from ipo.jobs import Progress
from ipo.pictures.cached_embedder import CachedEmbedder
from ipo.pictures.pool import PicturePool
from ipo.preference.embeddings.image_values import Embedding, ImageValues
from ipo.preference.proposals.proposers import ProposedLatent, ProposerSettings
from ipo.preference.proposals.rank_images import PROPOSALS, SIDE, best_looking
from ipo.value.two_kernels import TwoKernelFit

logger = logging.getLogger("ipo.preference.proposals.looking")

MOST_SECONDS = 2.0  # of looking, for one image

# What an embedder raises for damaged weights, and for numbers that are none; judging goes on by latents.
FAULTS = (OSError, ValueError, ArithmeticError, RuntimeError)


@dataclass(frozen=True)
class ImageRanking:
    """What candidates are embedded with, and what ranks proposals for them."""

    embedder: CachedEmbedder
    fit: TwoKernelFit | None = None  # before the first one latents rank
    proposals: int = 1  # that are looked at for an image

    @property
    def looks(self) -> bool:
        return self.fit is not None and self.proposals > 1


@dataclass
class Looks:
    """What looking took in one piece of work."""

    seconds: float = 0.0
    proposals: int = 0


class Looking:
    """How the candidates of one session are looked at."""

    def __init__(self, source: Decoder | PicturePool) -> None:
        self.embedder: CachedEmbedder | None = None  # without one latents alone rank proposals
        self._source = source
        self._looking: float | None = None  # seconds for one proposal, as measured last
        self._decoding: float | None = None  # seconds for one image in full

    @property
    def proposals(self) -> int:
        """How many to look at for the next image."""
        if self.embedder is None or isinstance(self._source, PicturePool):
            return 1
        small = isinstance(self._source, SmallDecoder)
        if not small and self._decoding is None:
            return 1  # one is made first, to know how long it takes
        seconds = self._looking if small else max(self._looking or 0.0, self._decoding or 0.0)
        if seconds is None:
            return PROPOSALS // 2
        fewest = 2 if small else 1
        return max(fewest, min(PROPOSALS, int(MOST_SECONDS / max(seconds, 1e-3))))

    def ranking(self, values: ImageValues | None) -> ImageRanking | None:
        """For the next candidates; `None` where nothing is embedded."""
        if self.embedder is None or isinstance(self._source, PicturePool):
            return None
        return ImageRanking(self.embedder, None if values is None else values.fit, self.proposals)

    def note(self, looks: Looks, decoding: float, images: int) -> None:
        """What some candidates took: looking, and `decoding` seconds for all their images in full."""
        if looks.proposals:
            self._looking = looks.seconds / looks.proposals
        if images:
            self._decoding = decoding / images


def best_of(
    ranking: ImageRanking,
    how: ProposerSettings,
    proposals: Sequence[ProposedLatent],
    draw: Callable[[NDArray[np.float32]], NDArray[np.uint8]],
    rng: np.random.Generator,
    looks: Looks,
) -> ProposedLatent:
    """The proposal that looks best, which says so in its parameters; the first one where looking fails.

    `draw` makes images `(n, side, side, 3)` of latents; what it takes is added to `looks`.
    """
    if ranking.fit is None or len(proposals) < 2:
        return proposals[0]
    began = time.monotonic()
    images = draw(np.stack([proposed.z for proposed in proposals]))
    try:
        embeddings = ranking.embedder.load()[0].embed(images)
    except FAULTS as error:
        logger.warning("proposals are ranked by latents: %s", error)
        return proposals[0]
    best = proposals[best_looking(how, proposals, embeddings, ranking.fit, rng)]
    looks.seconds += time.monotonic() - began
    looks.proposals += len(proposals)
    return ProposedLatent(best.z, best.proposer, {**best.parameters, "looked_at": len(proposals)})


def draw_small(
    decoder: Decoder, prompt: str, settings: Settings, progress: Progress, zs: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Images `(n, side, side, 3)` of latents, small where the decoder can draw them so."""
    quiet = Quiet(progress)
    if isinstance(decoder, SmallDecoder) and int(settings["size"]) > SIDE:
        return decoder.decode_small(zs, prompt, settings, SIDE, context=quiet)
    return decoder.decode(zs, prompt, settings, context=quiet)


def embedded(
    ranking: ImageRanking, images: dict[str, NDArray[np.uint8]], progress: Progress
) -> dict[str, Embedding]:
    """Embeddings of images `(h, w, 3)` by the sha256 of their files; fewer where embedding fails."""
    try:
        return ranking.embedder.vectors(images, progress)
    except FAULTS as error:
        logger.warning("an image is not embedded: %s", error)
        return {}


@dataclass(frozen=True)
class Quiet:
    """What a decoder tells while it draws what nobody is going to see: it may be stopped, and that is all."""

    progress: Progress = field(repr=False)

    def report(self, fraction: float, message: str = "") -> None:
        """Of these images nobody hears."""

    def check(self) -> None:
        self.progress.check()

    def preview(self, render: object, first: int = 0) -> None:
        """Of these images there are no previews."""
