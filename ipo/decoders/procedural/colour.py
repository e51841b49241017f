"""Palettes in OKLab: lightness and place in the palette in, sRGB bytes out.

Colours are mixed in OKLab (Björn Ottosson, 2020), where equal steps look equal, and come out as one table,
so that a pixel costs one look-up.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

LIGHTNESS_STEPS = 256
PLACE_STEPS = 96
DARKEST, LIGHTEST = 0.17, 0.965  # OKLab lightness of the ends: shadows keep colour, lights keep paper
WARM_HUE = np.deg2rad(62.0)

_LMS_FROM_LAB = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ],
    dtype=np.float32,
)
_RGB_FROM_LMS = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ],
    dtype=np.float32,
)


@dataclass(frozen=True)
class Palette:
    """Colours along one line of places 0…1, each with its own hue and chroma."""

    hues: tuple[float, ...]  # radians, one per stop
    chromas: tuple[float, ...]  # OKLab chroma at middle lightness, one per stop
    shadow_turn: float  # radians that the hue turns from lights to shadows


def srgb(lab: Array) -> NDArray[np.uint8]:
    """OKLab `(n, 3)` to sRGB `(n, 3)`; what lies outside the gamut is clipped."""
    a, b = lab[:, 1], lab[:, 2]
    lms = [lab[:, 0] + row[1] * a + row[2] * b for row in _LMS_FROM_LAB]
    cubes = [x * x * x for x in lms]
    linear = np.stack([r[0] * cubes[0] + r[1] * cubes[1] + r[2] * cubes[2] for r in _RGB_FROM_LMS], axis=1)
    linear = np.clip(linear, 0.0, 1.0)
    gamma = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.power(linear, 1 / 2.4) - 0.055)
    return np.asarray(gamma * 255 + 0.5, dtype=np.uint8)


def table(palette: Palette, hue_turn: float, warmth: float, richness: float) -> NDArray[np.uint8]:
    """All colours of one image, `(LIGHTNESS_STEPS * PLACE_STEPS, 3)`, lightness first.

    `hue_turn` turns every hue (radians), `warmth` leans all of them to orange (> 0) or blue (< 0), in OKLab
    units, and `richness` scales the chroma.
    """
    stops = np.linspace(0.0, 1.0, len(palette.hues))
    place = np.linspace(0.0, 1.0, PLACE_STEPS)
    hues, chromas = np.asarray(palette.hues) + hue_turn, richness * np.asarray(palette.chromas)
    mixed_a = np.interp(place, stops, chromas * np.cos(hues))[None, :]
    mixed_b = np.interp(place, stops, chromas * np.sin(hues))[None, :]
    lightness = np.linspace(DARKEST, LIGHTEST, LIGHTNESS_STEPS)[:, None]
    # Pigments are strongest at middle lightness; near black and white there is little room for chroma.
    strength = np.clip(
        1.25 - 3.2 * (lightness - 0.62) ** 2 - 0.9 * np.maximum(lightness - 0.8, 0.0), 0.2, 1.0
    )
    turn = palette.shadow_turn * (0.65 - lightness)
    cos, sin = np.cos(turn), np.sin(turn)
    a = strength * (cos * mixed_a - sin * mixed_b + warmth * np.cos(WARM_HUE))
    b = strength * (sin * mixed_a + cos * mixed_b + warmth * np.sin(WARM_HUE))
    lab = np.stack([np.broadcast_to(lightness, a.shape), a, b], axis=-1).reshape(-1, 3)
    return srgb(lab.astype(np.float32))


def paint(colours: NDArray[np.uint8], light: Array, place: Array) -> NDArray[np.uint8]:
    """Look up every pixel: `light` and `place` in 0…1, any shape `s`, to bytes `(*s, 3)`."""
    row = (light * (LIGHTNESS_STEPS - 1) + 0.5).astype(np.intp)
    column = (place * (PLACE_STEPS - 1) + 0.5).astype(np.intp)
    return colours.take(row * PLACE_STEPS + column, axis=0)
