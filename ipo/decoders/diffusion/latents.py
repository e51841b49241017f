"""Latents as a diffusion model takes them: checked, packed, and with a seed for the noise that comes later.

They are N(0, 1), and nothing is scaled here: the pipelines of Stable Diffusion and SDXL multiply what they
are given with the scheduler's `init_noise_sigma`; flow matching begins at noise of deviation 1.
"""

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Latents = NDArray[np.float32]  # (B, C, H, W)


def check_latents(latents: Latents, expected: tuple[int, ...], size: int) -> None:
    """Raises `ValueError` for a batch of another shape than `(B, *expected)`, or with NaN or Inf."""
    if latents.ndim != 4 or latents.shape[1:] != expected:
        wanted = ", ".join(map(str, expected))
        raise ValueError(
            f"Latents have shape {latents.shape}; images of {size} pixels need shape (B, {wanted})."
        )
    for i, latent in enumerate(latents):
        if not np.isfinite(latent).all():
            raise ValueError(f"Latent {i} of the batch (from 0) has NaN or Inf.")


def pack(latents: Latents) -> Latents:
    """Patches of 2 × 2 in a row, as FLUX reads them: `(B, C, H, W)` → `(B, H/2 · W/2, 4C)`."""
    count, channels, height, width = latents.shape
    patches = latents.reshape(count, channels, height // 2, 2, width // 2, 2)
    return patches.transpose(0, 2, 4, 1, 3, 5).reshape(count, height // 2 * (width // 2), 4 * channels)


def unpack(sequence: "torch.Tensor", height: int, width: int) -> "torch.Tensor":
    """What `pack` made of latents of some height and width: `(B, H/2 · W/2, 4C)` → `(B, C, H, W)`."""
    count, _, features = sequence.shape
    patches = sequence.reshape(count, height // 2, width // 2, features // 4, 2, 2)
    return patches.permute(0, 3, 1, 4, 2, 5).reshape(count, features // 4, height, width)


def noise_seed(latent: Latents) -> int:
    """A seed in 0…2⁶³ − 1 that follows from a latent alone: what is random later belongs to that image."""
    content = np.ascontiguousarray(latent, dtype="<f4").tobytes()
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big") >> 1
