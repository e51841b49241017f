"""Images from the anchor along ŵ, the direction of rising value, to see what a model has learnt."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.previews import WithoutPreviews
from ipo.decoders.protocol import Decoder
from ipo.decoders.settings import Settings
from ipo.images import encode_png, thumbnail
from ipo.jobs import Progress
from ipo.preference import latents
from ipo.preference.latents import Latent
from ipo.preference.proposals.proposers import STEP_ANGLES, traverse
from ipo.value.ridge import RidgeFit

SIDE = 320  # pixels of an image
_MOST = 60_000  # bytes of one


@dataclass(frozen=True, eq=False)
class Traversal:
    """What one fit values along its ŵ; images are filled in as they are decoded."""

    generation: int | None  # of the fit
    rows: int  # that the fit has seen
    angles: NDArray[np.float64]  # (steps,) radians along ŵ from the anchor
    zs: NDArray[np.float32]  # (steps, *latent shape)
    values: NDArray[np.float32]  # (steps,)
    sds: NDArray[np.float32]  # (steps,)
    images: tuple[bytes | None, ...]  # JPEG; None while it is being decoded

    @property
    def decoded(self) -> int:
        """How many images are there."""
        return sum(image is not None for image in self.images)

    @property
    def complete(self) -> bool:
        return None not in self.images


def value_traversal(fit: RidgeFit | None, generation: int | None, rows: int, anchor: Latent) -> Traversal:
    """The line of a fit to so many rows, without images. Raises `LookupError` without a fit."""
    if fit is None:
        raise LookupError("the labels that the model had learnt from were taken back")
    zs = traverse(anchor, fit, STEP_ANGLES)
    read = latents.features(zs)
    images = (None,) * len(STEP_ANGLES)
    return Traversal(generation, rows, STEP_ANGLES, zs, fit.predict(read), fit.deviation(read), images)


def decode_next(
    traversal: Traversal, decoder: Decoder, prompt: str, settings: Settings, progress: Progress
) -> Traversal:
    """The same line with one image more. Raises what the decoder raises."""
    images = list(traversal.images)
    place = images.index(None)
    z = traversal.zs[place]
    pixels = decoder.decode(z[None], prompt, settings, context=WithoutPreviews(progress))[0]
    images[place] = thumbnail(encode_png(pixels), SIDE, _MOST)
    return replace(traversal, images=tuple(images))
