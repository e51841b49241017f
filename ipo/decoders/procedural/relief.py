"""Reliefs: how the fields of the `procedural` network become a surface that can be lit.

Each relief takes the fields `(FIELDS, S, S)`, every one about N(0, 1), and makes lightness, a place in the
palette and a height field of them. All arrays are float32.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

FIELDS = 6
ENTRIES = 16  # tones and places that a style holds


class Surface(NamedTuple):
    """What a relief makes of the fields, all `(S, S)`; `_lit` brings tone and place to a common scale."""

    tone: Array
    place: Array
    height: Array  # in units of half an image side


@dataclass(frozen=True)
class Style:
    """What a prompt fixes of its relief."""

    folds: float  # periods per unit of a field
    tones: Array  # (ENTRIES,) lightness of panes, sheets, steps or orbs, −0.9…0.9
    places: Array  # (ENTRIES,) their places in the palette, −1.6…1.6
    sheets: int
    orb: float  # radius in half image sides
    halo: float  # light (> 0) or shadow around an orb


@dataclass(frozen=True)
class Canvas:
    """What a relief may know besides the fields."""

    side: int
    across: Array  # (1, S), −1…1 from left to right
    down: Array  # (S, 1), −1…1 from top to bottom
    axis: Array  # (S, S), main direction of the frame
    patches: Array  # (4, g, g), g ≤ 4: the latent pooled to 4 × 4, N(0, 1)
    detail: float  # N(0, 1): how busy this image is


Relief = Callable[[Style, Array, Canvas], Surface]


def _silk(style: Style, f: Array, canvas: Canvas) -> Surface:
    """Folded cloth: one field is the phase of the folds."""
    phase = 1.6 * style.folds * math.exp(0.2 * canvas.detail) * (f[0] + 0.3 * f[1] + 0.8 * canvas.axis)
    fold = 2 * np.sqrt(np.square(np.sin(phase + 0.4 * np.sin(2 * phase + f[2]))) + 0.002) - 1
    pleat = np.sin(9 * phase + 2 * f[3])
    tone = 0.6 * f[2] + 0.45 * fold + 0.12 * pleat
    return Surface(tone, 0.8 * f[3] + 0.4 * fold, 0.05 * fold + 0.003 * pleat + 0.05 * f[1])


def _panes(style: Style, f: Array, canvas: Canvas) -> Surface:
    """Glass or stones: at each pixel the strongest field wins; the margin to the second is the bevel."""
    best, second = f[0].copy(), np.full_like(f[0], -9.0)
    winner = np.zeros(best.shape, dtype=np.intp)
    for i in range(1, FIELDS):
        winner[f[i] > best] = i
        np.maximum(second, np.minimum(best, f[i]), out=second)
        np.maximum(best, f[i], out=best)
    margin = best - second
    edge = margin / (_steepness(margin, canvas.side) + 0.4)  # about the distance to the border
    lead = np.exp(-((edge / 0.012) ** 2))
    dome = edge / (edge + 0.06)
    tone = 0.9 * style.tones[winner] + 0.3 * f[5] + 0.5 * dome - 1.5 * lead
    place = style.places[winner] + 0.3 * f[4]
    return Surface(tone, place * (1 - lead), 0.09 * dome)


def _layers(style: Style, f: Array, canvas: Canvas) -> Surface:
    """Cut paper from far to near: each sheet has a rim of light and drops a shadow on what lies behind."""
    count = style.sheets
    tone, place = 0.9 - 0.3 * canvas.axis + 0.15 * f[5], 0.3 * f[5] + style.places[7]
    height = 0.02 * f[5]
    reach = 0.16 + 0.02 * canvas.detail
    for i in range(count):
        start = 0.45 - 1.6 * i / count
        inside = canvas.axis * 1.1 + start + reach * (f[i % FIELDS] + 0.35 * f[(i + 1) % FIELDS])
        slope = _steepness(inside, canvas.side) + 0.3
        cover = np.clip(inside / slope * (canvas.side / 2.6) + 0.5, 0, 1)
        tone -= 0.9 * np.exp(np.minimum(inside, 0) / 0.06)
        sheet = 0.9 - 1.7 * i / count + 0.4 * style.tones[i] + 0.7 * np.exp(-np.maximum(inside, 0) / 0.14)
        tone += cover * (sheet - tone)
        place += cover * (style.places[i] + 0.25 * f[(i + 3) % FIELDS] - place)
        height += cover * (0.03 * f[(i + 2) % FIELDS] - height)
    return Surface(tone, place, height)


def _dunes(style: Style, f: Array, canvas: Canvas) -> Surface:
    """Ridges where two fields change sign, with ripples between them."""
    ridge = 1.0 - np.sqrt(f[0] * f[0] + 0.0005)
    other = 1.0 - np.sqrt(f[1] * f[1] + 0.0005)
    crest = np.maximum(ridge, other)
    ripple = np.sin(style.folds * 14 * (canvas.axis + 0.25 * f[2] + 0.15 * f[0]))
    side = np.tanh(np.where(ridge > other, f[0], f[1]) / 0.08)  # of the crest: one is lit, one is not
    height = 0.2 * crest + 0.08 * other + 0.004 * ripple * (1 - crest)
    tone = 0.6 * crest + 0.35 * f[2] + 0.45 * side * crest + 0.1 * ripple
    return Surface(tone, 0.6 * f[3] + 0.3 * crest + 0.3 * side * crest + 0.5 * canvas.axis, height)


def _agate(style: Style, f: Array, canvas: Canvas) -> Surface:
    """Bands along one field, crossed by thin bright veins."""
    phase = style.folds * math.exp(0.2 * canvas.detail) * (f[0] + 0.15 * f[4])
    band = np.sin(2.2 * phase) + 0.5 * np.sin(5.3 * phase + f[1]) + 0.25 * np.sin(13 * phase)
    width = _steepness(f[1], canvas.side) + 0.3
    vein = np.exp(-((f[1] / (0.011 * width)) ** 2))
    tone = 0.6 * f[2] + 0.45 * band
    tone += vein * (1.7 - tone)
    place = 0.7 * f[3] + 0.4 * band
    return Surface(tone, place + vein * (2.0 - place), 0.012 * band + 0.05 * f[2] + 0.02 * vein)


def _contours(style: Style, f: Array, canvas: Canvas) -> Surface:
    """A map: steps of one field, each with a thin line and a slope down to the next."""
    level = 1.8 * style.folds * math.exp(0.15 * canvas.detail) * (f[0] + 0.4 * canvas.axis + 0.12 * f[1])
    step = np.floor(level)
    over = level - step
    slope = _steepness(level, canvas.side) + 0.5
    line = np.exp(-((np.minimum(over, 1 - over) / (0.006 * slope)) ** 2))
    shadow = np.exp(-over / (0.03 * slope))
    index = step.astype(np.intp) & 15
    tone = 0.25 * step / style.folds + 0.35 * style.tones[index] + 0.3 * f[2] - 0.7 * shadow - 0.6 * line
    return Surface(tone, 0.5 * style.places[index] + 0.6 * f[3], 0.02 * f[1] + 0.004 * step)


def _orbs(style: Style, f: Array, canvas: Canvas) -> Surface:
    """Round bodies, one for each patch of the latent, in front of a soft ground."""
    tone, place, height = 0.6 * f[2] - 0.5, 0.8 * f[3], 0.1 * np.sin(1.5 * f[0]) + 0.03 * f[2]
    g = canvas.patches.shape[1]
    for i in range(g * g):
        row, column = divmod(i * 7 % (g * g), g)
        dx, dy, size, shade = (float(p) for p in canvas.patches[:, row, column])
        x, y = (2 * column + 1) / g - 1 + 0.22 * dx, (2 * row + 1) / g - 1 + 0.22 * dy
        radius = style.orb * math.exp(0.55 * size)
        square = ((canvas.across - x) ** 2 + (canvas.down - y) ** 2) / radius**2 + 0.05 * f[1]
        cover = np.clip((1 - square) * (canvas.side * radius / 4), 0, 1)
        dome = np.sqrt(np.maximum(1 - square, 0))
        tone += style.halo * np.exp(-0.8 * np.maximum(square, 0))
        tone += cover * (float(style.tones[i]) + 0.5 * shade + 1.1 * (dome - 0.3) - tone)
        place += cover * (float(style.places[i]) + 0.4 * shade + 0.3 * f[4] + 0.5 * dome - place)
        height += cover * (0.9 * radius * dome - height)
    return Surface(tone, place, height)


RELIEFS: tuple[Relief, ...] = (_silk, _panes, _layers, _dunes, _agate, _contours, _orbs)


def slope(height: Array, side: int) -> tuple[Array, Array]:
    """Central differences per half image side, `(S, S)` each; the border repeats its neighbour."""
    gx, gy = np.empty_like(height), np.empty_like(height)
    scale = np.float32(side / 4)
    gx[:, 1:-1] = (height[:, 2:] - height[:, :-2]) * scale
    gy[1:-1] = (height[2:] - height[:-2]) * scale
    gx[:, 0], gx[:, -1], gy[0], gy[-1] = gx[:, 1], gx[:, -2], gy[1], gy[-2]
    return gx, gy


def _steepness(height: Array, side: int) -> Array:
    gx, gy = slope(height, side)
    return np.asarray(np.sqrt(gx * gx + gy * gy), dtype=np.float32)
