"""What every decoder offers: latents in, images out, and a description that a row can keep."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ipo.jobs import Progress

Settings = Mapping[str, int | float | str | bool]


@dataclass(frozen=True)
class DecoderInfo:
    """Who decoded an image. `weights_hash` changes whenever the same latent would give other pixels."""

    name: str
    version: str
    weights_hash: str
    deterministic: bool
    latent_shape: Callable[[int], tuple[int, ...]]  # image side in pixels → shape of one latent

    def record(self) -> dict[str, str | bool]:
        """The part of the description that goes into a row."""
        return {
            "name": self.name,
            "version": self.version,
            "weights_hash": self.weights_hash,
            "deterministic": self.deterministic,
        }


class Decoder(Protocol):
    """Turns latents into images."""

    info: DecoderInfo

    def decode(
        self,
        latents: NDArray[np.float32],  # (B, *latent_shape(size))
        prompt: str,
        settings: Settings,  # "size": image side in pixels; the rest is the decoder's own
        *,
        context: Progress,
    ) -> NDArray[np.uint8]:  # (B, size, size, 3)
        """Decode a batch. Raises `ValueError` for latents of a wrong shape or with NaN or Inf."""
