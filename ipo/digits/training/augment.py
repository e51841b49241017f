"""Views of images: the same digit, moved a little (weak) or bent and partly covered (strong).

All images of a batch pass through one grid: an affine map plus waves, which bend strokes as another hand
would (Simard et al., "Best practices for convolutional neural networks", 2003). Every draw comes from the
generator that is given.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Bend:
    """How far an image may be bent, each draw uniform within ±, except for `wave`."""

    turn: float  # degrees
    zoom: float  # of the size
    shear: float
    shift: float  # of the side of the image
    wave: float  # standard deviation of the waves, of the side of the image
    cover: float  # side of the covered square, at most, of the side of the image


WEAK = Bend(turn=0.0, zoom=0.0, shear=0.0, shift=0.07, wave=0.0, cover=0.0)
STRONG = Bend(turn=20.0, zoom=0.25, shear=0.25, shift=0.1, wave=0.03, cover=0.6)
FIRM = Bend(turn=15.0, zoom=0.15, shear=0.2, shift=0.07, wave=0.03, cover=0.0)  # for labelled images

_KNOTS = 5  # of the waves, along each side


def affine_elastic(images: Tensor, bend: Bend, generator: Generator) -> Tensor:
    """Views `(B, 1, h, w)` of images `(B, 1, h, w)` in [0, 1]."""
    count, _, height, width = images.shape

    def draw(limit: float) -> Tensor:
        return limit * (2 * torch.rand(count, generator=generator) - 1)

    angle, shear = torch.deg2rad(draw(bend.turn)), draw(bend.shear)
    across, down = 1 + draw(bend.zoom), 1 + draw(bend.zoom)
    right, low = draw(bend.shift * width), draw(bend.shift * height)
    if not (bend.turn or bend.zoom or bend.shear or bend.wave):
        # whole pixels leave the strokes as sharp as they are
        right, low = right.round(), low.round()
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = (
        torch.stack((across * cos, across * (shear * cos - sin), 2 * right / width), 1),
        torch.stack((down * sin, down * (shear * sin + cos), 2 * low / height), 1),
    )
    grid = functional.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    if bend.wave:
        grid = grid + elastic_field(count, (height, width), bend.wave, generator)
    views = functional.grid_sample(images, grid, align_corners=False)
    return cutout(views, bend.cover, generator) if bend.cover else views


def elastic_field(count: int, shape: tuple[int, int], deviation: float, generator: Generator) -> Tensor:
    """Smooth displacements `(B, h, w, 2)` in the units of a grid, where a side is 2 long."""
    knots = 2 * deviation * torch.randn(count, 2, _KNOTS, _KNOTS, generator=generator)
    smooth = functional.interpolate(knots, size=shape, mode="bicubic", align_corners=True)
    return smooth.permute(0, 2, 3, 1)


def cutout(images: Tensor, most: float, generator: Generator) -> Tensor:
    """Images with one black square each, of a random place and size."""
    count, _, height, width = images.shape
    draws = torch.rand(count, 3, generator=generator)
    half = draws[:, 0] * most * min(height, width) / 2
    rows = torch.arange(height) - draws[:, 1:2] * height
    columns = torch.arange(width) - draws[:, 2:3] * width
    hidden = (rows.abs() < half[:, None])[:, :, None] & (columns.abs() < half[:, None])[:, None, :]
    return images.masked_fill(hidden[:, None], 0.0)
