"""A decoder quick enough for thousands of images: a latent becomes a flat colour."""

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.protocol import DecoderInfo
from ipo.decoders.settings import Settings
from ipo.jobs import Progress
from ipo.preference.latents import grid_shape


class FlatDecoder:
    """Satisfies `Decoder`. While `broken` says why, it decodes nothing."""

    def __init__(self) -> None:
        self.info = DecoderInfo("flat", "1", "f1a7", True, grid_shape)
        self.broken = ""

    def decode(
        self, latents: NDArray[np.float32], prompt: str, settings: Settings, *, context: Progress
    ) -> NDArray[np.uint8]:
        context.check()
        if self.broken:
            raise OSError(self.broken)
        size = int(settings["size"])
        if latents.shape[1:] != grid_shape(size) or not np.isfinite(latents).all():
            raise ValueError(f"latents {latents.shape} do not make images of {size} pixels")
        levels = 127.5 + 40 * latents[:, :3].mean(axis=(2, 3)) * size / 8  # means of N(0, 1), scaled up again
        colours = np.clip(levels, 0, 255).astype(np.uint8)
        return np.broadcast_to(colours[:, None, None, :], (len(latents), size, size, 3)).copy()
