"""Latents and moves on the shell ‖z‖ = √d.

A prior draw z ~ N(0, I) in d dimensions lies near radius √d, so every move here is a rotation: step
sizes are angles, never distances.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

Latent = NDArray[np.float32]


def grid_shape(size: int) -> tuple[int, int, int]:
    """Shape (4, size/8, size/8) of a latent for a square image of `size` pixels a side.

    Raises `ValueError` for a size that is not a positive multiple of 8.
    """
    if size <= 0 or size % 8:
        upper = (max(size, 0) // 8 + 1) * 8
        right = f"{upper - 8} or {upper}" if upper > 8 else "8"
        raise ValueError(f"Image size {size} is not a positive multiple of 8; {right} would be.")
    return (4, size // 8, size // 8)


def on_shell(z: Latent) -> Latent:
    """Scale `z` to norm √d. Raises `ValueError` for a latent with NaN, Inf or norm 0."""
    norm = float(np.linalg.norm(z.astype(np.float64)))
    if not np.isfinite(norm) or norm == 0:
        raise ValueError("A latent must be finite and not all zero.")
    return np.asarray(z * (np.sqrt(z.size) / norm), np.float32)


def prior(shape: tuple[int, ...], rng: np.random.Generator) -> Latent:
    """One draw from N(0, I), scaled to the shell."""
    return on_shell(rng.standard_normal(shape, dtype=np.float32))


def anchor(prompt: str, shape: tuple[int, ...]) -> Latent:
    """The latent that a prompt stands for: N(0, I) seeded by the first 8 bytes of sha256(prompt)."""
    seed = int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:8], "big")
    return prior(shape, np.random.default_rng(seed))


def rotate(z: Latent, direction: NDArray[np.floating], theta: float) -> Latent:
    """Rotate `z` by `theta` radians towards `direction`: cos θ·z + sin θ·√d·û, û ⟂ z.

    Raises `ValueError` when `direction` is parallel to `z` or not finite.
    """
    start = on_shell(z)
    flat = start.astype(np.float64).ravel()
    target = np.asarray(direction, dtype=np.float64).ravel()
    across = target - flat * (target @ flat / (flat @ flat))
    norm = np.linalg.norm(across)
    if not np.isfinite(norm) or norm <= 1e-9 * np.linalg.norm(target):
        raise ValueError("The direction to rotate towards must be finite and not parallel to the latent.")
    moved = np.cos(theta) * flat + np.sin(theta) * np.sqrt(flat.size) * across / norm
    return np.asarray(moved.reshape(z.shape), np.float32)


def features(latents: Latent) -> NDArray[np.float32]:
    """What a value model reads of latents `(n, …)`: z/√d as `(n, d)`, so that every row has norm 1."""
    flat = latents.reshape(len(latents), int(np.prod(latents.shape[1:])))
    return np.asarray(flat / np.sqrt(flat.shape[1]), np.float32)
