"""Latents and moves on the shell ‖z‖ = √d.

A prior draw z ~ N(0, I) in d dimensions lies near radius √d, so every move here is a rotation: step
sizes are angles, never distances. The same holds at every scale. A latent grid is the sum of orthogonal
bands: its means over 1 × 1, 2 × 2, 4 × 4 and 8 × 8 parts, each less those before, and the rest. A rotation
turns every band within its own shell, so that what decides the whole image stays as plausible as it was.
"""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Latent = NDArray[np.float32]

COARSE = (1, 2, 4, 8)  # parts a side of the bands above the finest

_MEANS, _CHANNELS = 16, 64  # of the projection: coordinates, and channels that are too many for any

_CACHED = 64  # latents that are scaled at a time


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


def bands(latents: Latent) -> Latent:
    """Orthogonal parts `(B, *shape)` of latents `(…, h, w)`, coarse to fine, which sum to them."""
    parts = _parts(latents.shape)
    coarse = [_spread(means, latents.shape) for means in _means(latents, parts)]
    below = [np.zeros(latents.shape, np.float32), *coarse]
    return np.stack([finer - coarser for coarser, finer in pairwise([*below, latents])])


def rotate(z: Latent, direction: NDArray[np.floating], theta: float) -> Latent:
    """Rotate every band of `z` by `theta` radians towards that of `direction`: cos θ·z + sin θ·‖z‖·û, û ⟂ z.

    Raises `ValueError` when `direction` is parallel to `z` in a band or not finite.
    """
    start = on_shell(z)
    return np.asarray(np.cos(theta) * start + np.sin(theta) * tangent(start, direction), np.float32)


def tangent(latents: Latent, direction: NDArray[np.floating]) -> Latent:
    """Where a rotation by 90° towards `direction` takes latents `(…, c, h, w)`: ‖z‖·û in every band.

    Raises `ValueError` when `direction` is parallel to a latent in a band or not finite.
    """
    towards = np.asarray(direction, np.float32).reshape(latents.shape[-3:])
    moved = np.zeros(latents.shape, np.float64)
    for own, other in zip(bands(latents).astype(np.float64), bands(towards).astype(np.float64), strict=True):
        square = _inner(own, own)
        across = other - own * _inner(own, other) / np.maximum(square, np.finfo(np.float64).tiny)
        norm = np.sqrt(_inner(across, across))
        if not (norm > 1e-6 * np.linalg.norm(other)).all():
            raise ValueError("The direction to rotate towards must be finite and not parallel to the latent.")
        moved += across * (np.sqrt(square) / norm)
    return np.asarray(moved, np.float32)


def features(latents: Latent) -> NDArray[np.float32]:
    """What a value model reads of latents `(n, c, h, w)`: `(n, d)`, rows of norm about 1.

    Each of the B bands is as likely to matter as any other: its d entries are divided by √(B·d).
    """
    read = np.empty(latents.shape, np.float32)
    for start in range(0, len(latents), _CACHED):
        some = slice(start, start + _CACHED)
        read[some] = _scaled(latents[some])
    return read.reshape(len(latents), int(np.prod(latents.shape[1:])))


def features_of(several: list[Latent]) -> NDArray[np.float32] | None:
    """What `features` makes of some latents `(c, h, w)`; `None` of none."""
    return features(np.stack(several)) if several else None


def projection(shape: tuple[int, ...]) -> NDArray[np.float32] | None:
    """What makes of `features` the coordinates `(d, m)` that a curved value reads; `None` if m were large.

    They are the means over parts of every channel, at most `_MEANS` in all but one a channel at least, each
    with unit variance under the prior.
    """
    channels, h, w = shape
    if channels > _CHANNELS:
        return None
    parts = max((p for p in (1, 2, 4) if p <= min(h, w) and channels * p**2 <= _MEANS), default=1)
    rows, columns = _membership(h, parts), _membership(w, parts)
    cells = np.einsum("ia,jb->abij", rows / np.sqrt(rows.sum(0)), columns / np.sqrt(columns.sum(0)))
    means = np.zeros((channels, parts**2, *shape), np.float32)
    for channel in range(channels):
        means[channel, :, channel] = cells.reshape(parts**2, h, w)
    spread = bands(means.reshape(-1, *shape))
    scales = np.sqrt(len(spread) * _band_entries(shape))
    return np.asarray(np.tensordot(scales, spread, 1).reshape(len(spread[0]), -1).T, np.float32)


def _band_entries(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """How many entries a latent of `shape` has in each band."""
    h, w = shape[-2:]
    return np.asarray(shape[-3] * np.diff([0, *(part**2 for part in _parts(shape)), h * w]), np.float32)


def _scaled(latents: Latent) -> Latent:
    """Latents with every band scaled as `features` says."""
    parts = _parts(latents.shape)
    entries = _band_entries(latents.shape)
    scales = 1 / np.sqrt(len(entries) * entries)
    scaled = latents * scales[-1]
    if parts:
        coarse = np.zeros((*latents.shape[:-2], parts[-1], parts[-1]), np.float32)
        for means, drop in zip(_means(latents, parts), scales[:-1] - scales[1:], strict=True):
            coarse += drop * _spread(means, coarse.shape)
        scaled += _spread(coarse, latents.shape)
    return np.asarray(scaled, np.float32)


def _parts(shape: tuple[int, ...]) -> list[int]:
    """How many parts a side the coarse bands have."""
    return [parts for parts in COARSE if parts < min(shape[-2:])]


@lru_cache(maxsize=64)
def _membership(side: int, parts: int) -> NDArray[np.float32]:
    """Which of `parts` parts an entry of a side lies in, as 0 or 1: `(side, parts)`; parts nest by halves."""
    starts = (np.arange(parts) * side + parts - 1) // parts
    lies_in = np.searchsorted(starts, np.arange(side), side="right") - 1
    return np.eye(parts, dtype=np.float32)[lies_in]


def _means(latents: Latent, parts: list[int]) -> Iterator[Latent]:
    """Means over parts × parts parts `(…, parts, parts)`, for each number of parts."""
    if not parts:
        return
    h, w = latents.shape[-2:]
    rows, columns = _membership(h, parts[-1]), _membership(w, parts[-1])
    sums = rows.T @ (latents @ columns)
    counts = np.outer(rows.sum(0), columns.sum(0))
    for count in parts:
        merge = _membership(parts[-1], count)
        yield np.asarray((merge.T @ sums @ merge) / (merge.T @ counts @ merge), np.float32)


def _spread(means: Latent, shape: tuple[int, ...]) -> Latent:
    """Means over parts `(…, p, p)`, put back in place of the entries they were made of: `shape`."""
    h, w = shape[-2:]
    rows, columns = _membership(h, means.shape[-2]), _membership(w, means.shape[-1])
    return np.asarray(rows @ means @ columns.T, np.float32)


def _inner(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inner products of latents `(…, c, h, w)` as `(…, 1, 1, 1)`."""
    return np.asarray((a * b).sum(axis=(-3, -2, -1), keepdims=True), np.float64)
