"""Worlds: everything that a prompt fixes for the `procedural` decoder.

A world is a frame (which coordinates the network sees), a network with random weights, a relief, a noise for
the grain and a palette, all drawn from a generator that the prompt's sha256 seeds.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ipo.decoders.procedural import colour
from ipo.decoders.procedural.relief import ENTRIES, FIELDS, RELIEFS, Relief, Style

Array = NDArray[np.float32]

CHANNELS = 4
SCALES = (2, 4, 8, 16)  # pooled grids that the network sees
SCALE_GAINS = (0.75, 0.55, 0.22, 0.05)  # what is coarse decides, what is fine only bends
COORDINATES, COORDINATE_GAIN = 6, 1.9
HIDDEN = 24
MOODS = 16
ONE_THREAD = 2**18  # multiplications that BLAS does in one thread
GRAIN_SIDE = 512  # a power of two: coordinates wrap by a bit mask
# Hues of the palette's stops, radians from the first: neighbours, neighbours and their opposite, …
SCHEMES = (
    (-0.6, 0.0, 0.6, 1.2),
    (-0.4, 0.0, 0.5, 3.1),
    (0.0, 0.6, 2.6, 3.6),
    (0.0, 0.25, 2.9, 3.2),
    (0.0, 1.0, 2.1, 3.1),
)


@dataclass(frozen=True)
class Outlook:
    """What a prompt fixes of its frame."""

    level: float  # height of the horizon, −1…1
    petals: int
    twist: float  # −1…1


@dataclass(frozen=True)
class Finish:
    """What a prompt fixes of grain and light."""

    noise: Array  # (GRAIN_SIDE, GRAIN_SIDE), N(0, 1), periodic
    angle: float  # of the noise, radians
    gain: float
    emboss: float  # height of the grain in half image sides
    gloss: float  # 0…1
    ground: float  # lightness of the whole world
    gradient: float  # lightness along the frame's main axis


Frame = Callable[[Outlook, Array, Array], tuple[NDArray[np.floating], ...]]


@dataclass(frozen=True)
class World:
    """Everything that a prompt fixes."""

    frame: Frame
    outlook: Outlook
    relief: Relief
    style: Style
    finish: Finish
    palette: colour.Palette
    knobs: Array  # (MOODS, MOODS), orthogonal: the latent pooled to 2 × 2 → moods
    first: Array  # (HIDDEN, inputs)
    second: Array  # (HIDDEN, HIDDEN + 1), bias last
    out: Array  # (FIELDS, HIDDEN + 1), bias last


@lru_cache(maxsize=32)
def world_of(prompt: str, seed: str) -> World:
    """The world of a prompt; `seed` names the algorithm, so that another version has other worlds."""
    digest = hashlib.sha256(f"{seed} {prompt}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    inputs = [COORDINATE_GAIN, *SCALE_GAINS, 0.8]  # the last one is the bias
    gains = np.repeat(inputs, [COORDINATES, *[CHANNELS] * len(SCALES), 1]) * rng.uniform(0.45, 0.65)
    drawn = World(
        frame=FRAMES[rng.integers(len(FRAMES))],
        outlook=Outlook(float(rng.uniform(-0.3, 0.35)), int(rng.integers(3, 9)), float(rng.uniform(-1, 1))),
        relief=RELIEFS[rng.integers(len(RELIEFS))],
        style=_style(rng),
        finish=_finish(rng),
        palette=_palette(rng),
        knobs=np.linalg.qr(rng.standard_normal((MOODS, MOODS)))[0].astype(np.float32),
        first=(rng.standard_normal((HIDDEN, len(gains))) * gains).astype(np.float32),
        second=(rng.standard_normal((HIDDEN, HIDDEN + 1)) * 1.3 / math.sqrt(HIDDEN)).astype(np.float32),
        out=(rng.standard_normal((FIELDS, HIDDEN + 1)) / math.sqrt(HIDDEN)).astype(np.float32),
    )
    return _calibrated(drawn, rng)


def network_inputs(world: World, x: Array, y: Array, latent: list[Array]) -> Array:
    """Features of the frame, the latent at every scale and 1, stacked: `(inputs, *x.shape)`."""
    features = world.frame(world.outlook, x, y)
    stacked = [np.stack(features), *latent, np.ones((1, *x.shape))]
    return np.concatenate(stacked, dtype=np.float32)


def forward(world: World, inputs: Array) -> Array:
    """Two hidden layers with mixed activations, `(inputs, n)` → `(FIELDS, n)`."""
    third = HIDDEN // 3
    hidden = product(world.first, inputs)
    np.sin(hidden[:third], out=hidden[:third])
    np.tanh(hidden[third : 2 * third], out=hidden[third : 2 * third])
    np.exp(-np.square(hidden[2 * third :]), out=hidden[2 * third :])
    hidden = product(world.second[:, :-1], hidden) + world.second[:, -1:]
    np.sin(hidden[:third], out=hidden[:third])
    np.tanh(hidden[third:], out=hidden[third:])
    return np.asarray(product(world.out[:, :-1], hidden) + world.out[:, -1:], dtype=np.float32)


def product(a: Array, b: Array) -> Array:
    """`a @ b` with the same bytes for any number of BLAS threads.

    OpenBLAS splits a product over threads when m·k·n exceeds 2¹⁸, and a split rounds otherwise; so `b` is
    taken in groups of columns that stay below.
    """
    m, k = a.shape
    step = max(2, ONE_THREAD // (m * k))
    result = np.empty((m, b.shape[1]), dtype=np.float32)
    for start in range(0, b.shape[1], step):
        np.matmul(a, b[:, start : start + step], out=result[:, start : start + step])
    return result


def _calibrated(world: World, rng: np.random.Generator) -> World:
    """The same world with fields of mean 0 and variance 1 over the canvas and the prior."""
    n = 4096
    x, y = rng.uniform(-1, 1, (2, n)).astype(np.float32)
    latent = [rng.standard_normal((CHANNELS, n), dtype=np.float32) for _ in SCALES]
    values = forward(world, network_inputs(world, x, y, latent))
    out = world.out / values.std(axis=1, keepdims=True)
    out[:, -1] -= values.mean(axis=1) / values.std(axis=1)
    return replace(world, out=out)


def _style(rng: np.random.Generator) -> Style:
    return Style(
        folds=float(rng.uniform(1.5, 3.0)),
        tones=rng.uniform(-0.9, 0.9, ENTRIES).astype(np.float32),
        places=rng.uniform(-1.6, 1.6, ENTRIES).astype(np.float32),
        sheets=int(rng.integers(5, 10)),
        orb=float(rng.uniform(0.13, 0.24)),
        halo=float(rng.uniform(-0.6, 0.9)),
    )


def _finish(rng: np.random.Generator) -> Finish:
    return Finish(
        noise=_noise(rng),
        angle=float(rng.uniform(0, math.pi)),
        gain=float(rng.uniform(0.5, 1.0)),
        emboss=float(rng.choice([0.0006, 0.0015, 0.004])),
        gloss=float(rng.uniform(0, 1)),
        ground=float(rng.uniform(-0.35, 0.35)),
        gradient=float(rng.choice([-1, 1]) * rng.uniform(0.2, 0.7)),
    )


def _palette(rng: np.random.Generator) -> colour.Palette:
    """Four stops after one of the classic schemes, with one of them strong and one of them quiet."""
    scheme = SCHEMES[rng.integers(len(SCHEMES))]
    # From earth and amber or from the blues, as painters' schemes do; seldom from anywhere.
    warm, cool, any_hue = rng.normal(0.95, 0.45), rng.normal(4.3, 0.45), rng.uniform(0, 2 * math.pi)
    base, side = rng.choice([warm, cool, any_hue], p=[0.55, 0.33, 0.12]), rng.choice([-1, 1])
    hues = base + side * (np.array(scheme) + rng.uniform(-0.15, 0.15, len(scheme)))
    chromas = rng.permutation([0.03, 0.065, 0.1, 0.135]) * rng.uniform(0.8, 1.15)
    # The eye takes less of green, cyan and violet than of red and yellow before it calls them neon.
    chromas *= 0.74 + 0.26 * np.cos(hues - colour.WARM_HUE)
    return colour.Palette(tuple(hues.tolist()), tuple(chromas.tolist()), float(rng.uniform(-0.9, 0.9)))


def _noise(rng: np.random.Generator) -> Array:
    """Periodic noise `(GRAIN_SIDE, GRAIN_SIDE)`, N(0, 1): fibres, grain or crackle."""
    fy = np.fft.fftfreq(GRAIN_SIDE)[:, None] * GRAIN_SIDE
    fx = np.fft.rfftfreq(GRAIN_SIDE)[None, :] * GRAIN_SIDE
    stretch = float(rng.choice([1.0, 1.0, 3.0, 7.0]))
    radius = np.sqrt(fx * fx + (fy * stretch) ** 2)
    centre = rng.uniform(28, 50)
    spectrum = np.exp(-((np.log((radius + 1) / centre) / 0.6) ** 2)) / (radius + 5)
    spectrum *= np.hypot(fx, fy) < 0.22 * GRAIN_SIDE
    noise = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((GRAIN_SIDE, GRAIN_SIDE))) * spectrum)
    noise /= noise.std()
    if rng.random() < 0.4:
        noise = 0.7 - np.abs(noise)
        noise /= noise.std()
    return noise.astype(np.float32)


# Frames: coordinates (x to the right, y down) → COORDINATES features, the last one the main axis.


def _horizon(outlook: Outlook, x: Array, y: Array) -> tuple[NDArray[np.floating], ...]:
    e = y - outlook.level
    near = 0.5 / (np.abs(e) + 0.3)
    return 0.5 * x, 1.4 * y, np.tanh(5 * e), near * x, np.cos(1.5 * x), e


def _rose(outlook: Outlook, x: Array, y: Array) -> tuple[NDArray[np.floating], ...]:
    r = np.sqrt(x * x + y * y + 0.01)
    angle = outlook.petals * np.arctan2(x, -y)
    wave = np.tanh(2.5 * r)
    return (
        1.6 * np.cos(3 * r),
        wave * np.cos(angle),
        wave * wave * np.cos(2 * angle),
        0.3 * y,
        2 * np.exp(-4 * r * r),
        0.9 - 1.4 * r + 0.22 * wave * np.cos(angle),
    )


def _spiral(outlook: Outlook, x: Array, y: Array) -> tuple[NDArray[np.floating], ...]:
    r = np.sqrt(x * x + y * y + 0.01)
    angle = (1 + outlook.petals // 3) * np.arctan2(x, -y) + outlook.twist * 4.0 * np.log(r + 0.15)
    wave = np.tanh(2.5 * r)
    return (
        wave * np.cos(angle),
        wave * np.sin(angle),
        2 * r - 1,
        0.3 * x,
        0.3 * y,
        0.95 - 1.2 * r + 0.3 * wave * np.cos(angle),
    )


def _columns(outlook: Outlook, x: Array, y: Array) -> tuple[NDArray[np.floating], ...]:
    k = 3.0 + outlook.petals
    bend = x + 0.08 * np.sin(2.5 * y + outlook.twist)
    return (
        1.2 * np.cos(k * bend),
        np.sin(0.62 * k * bend),
        0.3 * y,
        np.cos(0.4 * k * bend),
        0.5 * bend,
        np.cos(2.2 * x),
    )


def _drift(outlook: Outlook, x: Array, y: Array) -> tuple[NDArray[np.floating], ...]:
    c, s = math.cos(outlook.twist), math.sin(outlook.twist)
    along, over = c * x + s * y, c * y - s * x
    return 0.7 * along, 1.9 * over, np.sin(3 * over + along), np.cos(1.5 * x), 0.6 * y, over


def _vault(outlook: Outlook, x: Array, y: Array) -> tuple[NDArray[np.floating], ...]:
    up = np.sqrt(0.02 + x * x * 1.6 + (y - 1.1) ** 2 * 0.6)
    return (
        1.5 * np.cos(4.5 * up),
        np.cos(2.5 * x),
        0.7 * y,
        0.4 * x,
        np.cos((2 + outlook.petals) * x),
        up - 1.0,
    )


FRAMES: tuple[Frame, ...] = (_horizon, _rose, _spiral, _columns, _drift, _vault)
