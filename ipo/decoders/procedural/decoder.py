"""The `procedural` decoder: every prompt is a small world of images, every latent a place in it.

A compositional pattern-producing network (Stanley, 2007): pixel coordinates and the latent grid, pooled to
a few scales and interpolated with B-splines, go through a fixed network whose weights come from the
prompt's hash (`worlds`). Its outputs become a surface (`surfaces`) that is lit here and coloured through one
OKLab table (`colour`). The coarsest scale also sets the mood: warmth, light, contrast, symmetry, …
"""

import hashlib
import math
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.procedural import colour
from ipo.decoders.procedural.relief import FIELDS, Canvas, Surface, slope
from ipo.decoders.procedural.world import (
    CHANNELS,
    COORDINATES,
    MOODS,
    SCALES,
    Finish,
    World,
    forward,
    network_inputs,
    product,
    world_of,
)
from ipo.decoders.protocol import DecoderInfo
from ipo.decoders.settings import Setting, Settings
from ipo.jobs import Progress

Array = NDArray[np.float32]

NAME = "procedural"
VERSION = "1"  # raise it whenever the same latent gives other pixels
WORLDS = f"{NAME} {VERSION} 81"  # seeds all prompts; chosen so that the examples show every relief
CELL = 8  # pixels a side that share one latent entry
TILE = 4096  # pixels that pass through the network at once: one shape of product, whatever the batch
FINEST = 32  # parts a side of the latent that bend the grain
HOLLOW_PARTS = 16  # parts a side whose mean height says what is a hollow


class Mood(NamedTuple):
    """What one latent says about the image as a whole; each entry is N(0, 1) under the prior."""

    warmth: float
    key: float  # how light the image is
    glow: float  # light in the middle (> 0) or around it (< 0)
    contrast: float
    symmetry: float
    detail: float
    hue: float
    richness: float
    light: float  # side that the light comes from
    focus_x: float
    focus_y: float
    depth: float
    accent: float
    zoom: float
    grain: float
    turn: float


class ProceduralKind:
    """Worlds that a prompt names: nothing to choose, nothing to read."""

    settings: tuple[Setting, ...] = ()

    def open(self, home: Path, settings: Settings) -> "ProceduralDecoder":
        return ProceduralDecoder()


class ProceduralDecoder:
    """Latents in, images out, with nothing to install or download."""

    def __init__(self) -> None:
        identity = hashlib.sha256(WORLDS.encode()).hexdigest()
        self.info = DecoderInfo(NAME, VERSION, identity, True, latent_shape)

    def decode(
        self, latents: Array, prompt: str, settings: Settings, *, context: Progress
    ) -> NDArray[np.uint8]:
        """Decode `(B, 4, size/8, size/8)` to `(B, size, size, 3)`, one image after the other.

        Raises `ValueError` for an empty prompt, a size that is not a multiple of 8, and latents of a wrong
        shape or with NaN or Inf.
        """
        return self.decode_small(latents, prompt, settings, int(settings["size"]), context=context)

    def decode_small(
        self, latents: Array, prompt: str, settings: Settings, side: int, *, context: Progress
    ) -> NDArray[np.uint8]:
        """The same images at `side` pixels, `(B, side, side, 3)`. Raises as `decode` does."""
        if not prompt.strip():
            raise ValueError("A prompt is needed: its hash is the world that the images come from.")
        _check_latents(latents, int(settings["size"]))
        world = world_of(prompt, WORLDS)
        images = np.empty((len(latents), side, side, 3), dtype=np.uint8)
        for i, latent in enumerate(latents):
            context.check()
            images[i] = _image(world, latent.astype(np.float32, copy=False), side)
            context.report((i + 1) / len(latents), f"Image {i + 1} of {len(latents)}")
        return images


def latent_shape(size: int) -> tuple[int, ...]:
    """Shape (4, size/8, size/8) of one latent. Raises `ValueError` for a size that 8 does not divide."""
    if size <= 0 or size % CELL:
        near = sorted({max(CELL, size // CELL * CELL), max(CELL, (size // CELL + 1) * CELL)})
        right = " or ".join(str(n) for n in near)
        raise ValueError(f"Image size {size} is not a positive multiple of {CELL}; {right} would be.")
    return (CHANNELS, size // CELL, size // CELL)


def _check_latents(latents: Array, size: int) -> None:
    expected = latent_shape(size)
    if latents.ndim != 4 or latents.shape[1:] != expected:
        wanted = ", ".join(str(n) for n in expected)
        raise ValueError(
            f"Latents have shape {latents.shape}; images of {size} pixels need shape (B, {wanted})."
        )
    for i, latent in enumerate(latents):
        if not np.isfinite(latent).all():
            raise ValueError(f"Latent {i} of the batch (from 0) has NaN or Inf.")


def _image(world: World, latent: Array, size: int) -> NDArray[np.uint8]:
    """One latent `(4, h, w)` to one image `(size, size, 3)`."""
    grids = [_pooled(latent, side) for side in SCALES]
    mood = Mood(*(world.knobs @ np.resize(grids[0], MOODS)).tolist())
    # Most images lean a little to symmetry, one in six far; a plain value model can find the direction.
    mirrored = 0.5 + 0.5 * math.tanh(0.8 * mood.symmetry - 0.8)
    grids = [_towards_mirror(grid, mirrored) for grid in grids]
    fields, axis = _network(world, mood, grids, mirrored, size)
    steps = _centres(size)
    canvas = Canvas(size, steps[None, :], steps[:, None], axis, grids[1], mood.detail)
    surface = world.relief(world.style, fields, canvas)
    grain = _grain(world.finish, mood, fields, _pooled(latent, FINEST), canvas)
    tone = _shaded(world.finish, mood, surface, grain, canvas, mirrored)
    light = _exposed(world.finish, mood, tone, canvas, mirrored)
    place = 0.85 * _standard(surface.place) + 0.2 * surface.place.mean() + 0.45 * mood.accent + 0.05 * grain
    richness = 1 + 0.25 * math.tanh(mood.richness)
    colours = colour.table(world.palette, 0.16 * mood.hue, 0.02 * mood.warmth, richness)
    return colour.paint(colours, light, _sigmoid(1.6 * place))


def _network(world: World, mood: Mood, grids: list[Array], mirrored: float, size: int) -> tuple[Array, Array]:
    """The fields `(FIELDS, S, S)` and the frame's main axis `(S, S)`, computed in bands of rows."""
    splines = [_spline(size, grid.shape[1]) for grid in grids]
    x, y = _coordinates(mood, mirrored, size)
    fields = np.empty((FIELDS, size, size), dtype=np.float32)
    axis = np.empty((size, size), dtype=np.float32)
    rows = max(1, TILE // size)
    for top in range(0, size, rows):
        band = slice(top, min(top + rows, size))
        latent: list[Array] = [
            np.matmul(s[band] @ grid, s.T, dtype=np.float32) for grid, s in zip(grids, splines, strict=True)
        ]
        bent_x = x[band] + 0.13 * latent[1][0] + 0.03 * latent[2][0]
        bent_y = y[band] + 0.13 * latent[1][1] + 0.03 * latent[2][1]
        inputs = network_inputs(world, bent_x, bent_y, latent)
        inputs += mirrored / 2 * (inputs[:, :, ::-1] - inputs)
        axis[band] = inputs[COORDINATES - 1] + 0.2 * mood.depth
        fields[:, band] = forward(world, inputs.reshape(len(inputs), -1)).reshape(FIELDS, -1, size)
    return fields, axis


def _coordinates(mood: Mood, mirrored: float, size: int) -> tuple[Array, Array]:
    """Where the pixels are in the frame, `(S, S)` each: zoomed, tilted and moved by the mood."""
    zoom, tilt = math.exp(0.16 * mood.zoom), 0.15 * mood.turn * (1 - mirrored)
    along, over = zoom * math.cos(tilt), zoom * math.sin(tilt)
    across, down = _centres(size)[None, :], _centres(size)[:, None]
    x = along * across + over * down - 0.15 * mood.focus_x * (1 - mirrored)
    y = along * down - over * across - 0.15 * mood.focus_y
    return np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float32)


def _grain(finish: Finish, mood: Mood, fields: Array, grid: Array, canvas: Canvas) -> Array:
    """Fine texture `(S, S)`, mean 0: the world's noise, bent by the fields and by the finest latents."""
    spline = _spline(canvas.side, grid.shape[1])
    bend = [product(product(spline, channel), spline.T) for channel in grid[:3]]
    angle = finish.angle + 0.5 * mood.turn
    c, s = math.cos(angle), math.sin(angle)
    x = c * canvas.across - s * canvas.down + 0.1 * fields[0] + 0.02 * bend[0]
    y = s * canvas.across + c * canvas.down + 0.1 * fields[1] + 0.02 * bend[1]
    scale = 0.4 * finish.noise.shape[0] * math.exp(0.2 * mood.detail)  # about one entry a pixel at 448²
    strength = finish.gain * math.exp(0.25 * mood.grain) * np.exp(0.35 * bend[2])
    grain = _sample(finish.noise, scale * x, scale * y)
    return np.asarray(grain * strength, dtype=np.float32)


def _sample(image: Array, x: Array, y: Array) -> Array:
    """Bilinear look-up in a periodic square image whose side is a power of two."""
    side = image.shape[0]
    left, top = np.floor(x), np.floor(y)
    fx, fy = x - left, y - top
    column, row = left.astype(np.int32), top.astype(np.int32)
    column0, column1 = column & (side - 1), (column + 1) & (side - 1)
    row0, row1 = (row & (side - 1)) * side, ((row + 1) & (side - 1)) * side
    flat = image.ravel()
    upper = flat.take(row0 + column0) * (1 - fx) + flat.take(row0 + column1) * fx
    lower = flat.take(row1 + column0) * (1 - fx) + flat.take(row1 + column1) * fx
    return np.asarray(upper + fy * (lower - upper), dtype=np.float32)


def _shaded(
    finish: Finish, mood: Mood, surface: Surface, grain: Array, canvas: Canvas, mirrored: float
) -> Array:
    """Tone `(S, S)`, mean 0: the surface lit from above and from the mood's side, with dark hollows."""
    height = math.exp(0.25 * mood.depth) * surface.height + finish.emboss * grain
    gx, gy = slope(height, canvas.side)
    norm = np.sqrt(1 + gx * gx + gy * gy)
    side = 0.7 * math.tanh(0.8 * mood.light) * (1 - mirrored)
    shade = (0.75 * gy - side * gx) / norm
    gloss = np.square(np.square(np.clip(shade + 0.3 / norm, 0, 1)))
    hollow = np.clip(height - _smoothed(height), -0.1, 0.05)
    tone = 0.75 * _standard(surface.tone) + finish.gradient * canvas.axis
    tone += 0.8 * shade + 4 * hollow + finish.gloss * gloss + 0.08 * grain
    return np.asarray(tone - tone.mean(), dtype=np.float32)


def _exposed(finish: Finish, mood: Mood, tone: Array, canvas: Canvas, mirrored: float) -> Array:
    """Lightness `(S, S)` in 0…1: contrast, key and a pool of light around the focus, ends bent softly."""
    dx = canvas.across - 0.25 * math.tanh(mood.focus_x) * (1 - mirrored)
    dy = canvas.down - 0.25 * math.tanh(mood.focus_y)
    pool = np.exp(-1.6 * (dx * dx + dy * dy)) - 0.45
    contrast = 0.95 * math.exp(0.35 * math.tanh(mood.contrast))
    key = 0.1 + finish.ground + 0.35 * math.tanh(mood.key)
    return _sigmoid(1.25 * (contrast * tone + (0.4 + 0.7 * math.tanh(0.8 * mood.glow)) * pool + key))


def _smoothed(height: Array) -> Array:
    """Means of `(S, S)` over parts, interpolated back to `(S, S)`."""
    side = len(height)
    starts = _edges(side, min(HOLLOW_PARTS, side))
    counts = np.diff(starts, append=side).astype(np.float32)
    sums = np.add.reduceat(np.add.reduceat(height, starts, axis=0), starts, axis=1)
    weights = _spline(side, len(starts))
    weights = weights / weights.sum(axis=1, keepdims=True)
    means: Array = np.divide(sums, np.outer(counts, counts), dtype=np.float32)
    return product(product(weights, means), weights.T)


def _standard(values: Array) -> Array:
    """`values` with mean 0 and variance 1; what is almost flat stays so."""
    return np.asarray((values - values.mean()) / np.maximum(values.std(), 0.2), dtype=np.float32)


def _sigmoid(values: NDArray[np.floating]) -> Array:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * values), dtype=np.float32)


def _edges(side: int, parts: int) -> NDArray[np.intp]:
    """Where `parts` parts of a side begin, as even as they can be."""
    return np.asarray((np.arange(parts) * side + parts - 1) // parts, dtype=np.intp)


def _pooled(grid: Array, side: int) -> Array:
    """`(c, h, w)` summed in side × side parts, each over the root of its count: N(0, 1) stays N(0, 1)."""
    h, w = grid.shape[1:]
    rows, columns = _edges(h, min(side, h)), _edges(w, min(side, w))
    sums = np.add.reduceat(np.add.reduceat(grid, rows, axis=1), columns, axis=2)
    counts = np.outer(np.diff(rows, append=h), np.diff(columns, append=w))
    return np.asarray(sums / np.sqrt(counts), dtype=np.float32)


def _towards_mirror(grid: Array, amount: float) -> Array:
    """Part of the way to left-right symmetry, with the variance kept."""
    mixed = (1 - amount / 2) * grid + amount / 2 * grid[:, :, ::-1]
    return np.asarray(mixed / math.hypot(1 - amount / 2, amount / 2), dtype=np.float32)


@lru_cache(maxsize=64)
def _spline(size: int, cells: int) -> Array:
    """Cubic B-spline weights `(size, cells)`, rows of norm 1: N(0, 1) stays N(0, 1)."""
    position = (np.arange(size) + 0.5) * cells / size - 0.5
    weights = np.zeros((size, cells))
    start = np.floor(position).astype(int)
    for offset in range(-1, 3):
        t = np.abs(position - start - offset)
        value = np.where(t < 1, 2 / 3 - t * t + t**3 / 2, np.maximum(2 - t, 0) ** 3 / 6)
        np.add.at(weights, (np.arange(size), np.clip(start + offset, 0, cells - 1)), value)
    norms = np.linalg.norm(weights, axis=1, keepdims=True)
    return np.asarray(weights / norms, dtype=np.float32)


@lru_cache(maxsize=16)
def _centres(size: int) -> Array:
    """Pixel centres from −1 to 1, `(size,)`."""
    return np.asarray((np.arange(size) + 0.5) * 2 / size - 1, dtype=np.float32)
