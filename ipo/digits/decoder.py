"""A checkpoint as a decoder: the digits model draws the candidates of the Preferences page.

A latent on the page is `(1, 1, d + classes)` numbers from N(0, 1): the first d are z, the softmax of the
others says how much of each class the image is. The prompt may name a class ("7"), which then stands fast.
"""

import hashlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ipo.decoders.protocol import DecoderInfo, Settings
from ipo.digits import checkpoint
from ipo.digits.model import SSVAE
from ipo.progress import Progress

NAME = "ssvae"
VERSION = "1"  # raise it whenever the same latent and weights give other pixels

_SHARPNESS = 3.0  # of the softmax over classes: most images are mostly of one class


class SSVAEDecoder:
    """Draws with the averaged weights of one checkpoint. Raises `BadCheckpoint` and `OSError`."""

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()
        self._model: SSVAE = checkpoint.load(path).average.eval()
        config = self._model.config
        self._shape = (1, 1, config.latent_dim + config.classes)
        weights = hashlib.sha256(content).hexdigest()
        self.info = DecoderInfo(NAME, VERSION, weights, True, lambda size: self._shape)

    def decode(
        self, latents: NDArray[np.float32], prompt: str, settings: Settings, *, context: Progress
    ) -> NDArray[np.uint8]:
        """Decode `(B, 1, 1, d + classes)` to `(B, size, size, 3)`.

        Raises `ValueError` for a size below 1 and for latents of a wrong shape or with NaN or Inf.
        """
        size = int(settings["size"])
        if size < 1:
            raise ValueError(f"Image size {size}; a whole number from 1 on would be right.")
        if latents.shape[1:] != self._shape or latents.ndim != 4:
            raise ValueError(f"Latents have shape {latents.shape}; (B, {self._shape[2]}) × 1 × 1 is right.")
        for i, latent in enumerate(latents):
            if not np.isfinite(latent).all():
                raise ValueError(f"Latent {i} has NaN or Inf.")
        images = np.empty((len(latents), size, size, 3), np.uint8)
        for i, latent in enumerate(latents):
            context.check()
            images[i] = _enlarged(self._drawn(latent.reshape(-1), prompt), size)
            context.report((i + 1) / len(latents), f"Image {i + 1} of {len(latents)}")
        return images

    @torch.inference_mode()
    def _drawn(self, latent: NDArray[np.float32], prompt: str) -> NDArray[np.uint8]:
        """One image `(h, w)`, alone in its batch: the same bits whatever is decoded beside it."""
        config = self._model.config
        numbers = torch.from_numpy(latent.astype(np.float32))[None]
        z, classes = numbers[:, : config.latent_dim], numbers[:, config.latent_dim :]
        shares = torch.softmax(_SHARPNESS * classes, dim=1)
        named = prompt.strip()
        if named.isdecimal() and int(named) < config.classes:
            shares = torch.eye(config.classes)[int(named)][None]
        grey = self._model.decode(z, shares)[0, 0]
        drawn: NDArray[np.uint8] = (255 * grey).round().byte().numpy()
        return drawn


def _enlarged(grey: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """A square grey image `(h, w)` as `(size, size, 3)`."""
    image = Image.fromarray(grey).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(image.convert("RGB"))
