"""Latents to decode, and how far apart images are."""

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.protocol import Decoder

Latents = NDArray[np.float32]
Images = NDArray[np.uint8]


def draw(decoder: Decoder, count: int, size: int, seed: int = 0) -> Latents:
    """Latents from N(0, 1) for images of a size."""
    shape = (count, *decoder.info.latent_shape(size))
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def at_angle(start: Latents, towards: Latents, angle: float) -> Latents:
    """Each latent rotated by an angle towards the part of another that is orthogonal to it."""
    rotated = np.empty_like(start)
    for i, (a, b) in enumerate(zip(start, towards, strict=True)):
        across = b - a * (np.vdot(a, b) / np.vdot(a, a))
        across *= np.linalg.norm(a) / np.linalg.norm(across)
        rotated[i] = np.cos(angle) * a + np.sin(angle) * across
    return rotated


def distances(a: Images, b: Images) -> NDArray[np.float64]:
    """Mean absolute difference of each two images, in levels of 0…255."""
    return np.abs(a.astype(np.float64) - b).mean(axis=(1, 2, 3))
