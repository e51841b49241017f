"""Thumbnails of many images in one picture, so that a map can show them without asking for each."""

import numpy as np
from numpy.typing import NDArray

GRID = 16  # thumbnails a side
TILE = GRID * GRID
MAX_SIDE = 32  # pixels of a thumbnail

Images = NDArray[np.uint8]


def tile_count(count: int) -> int:
    """How many tiles `count` images fill."""
    return -(-count // TILE)


def thumbnail_tile(images: Images) -> Images:
    """Up to `TILE` images `(m, h, w)` row by row in a grid; places without one are black."""
    small = shrink(images)
    height, width = small.shape[1:]
    cells = np.zeros((TILE, height, width), np.uint8)
    cells[: len(small)] = small
    grid = cells.reshape(GRID, GRID, height, width).swapaxes(1, 2)
    return grid.reshape(GRID * height, GRID * width)


def shrink(images: Images) -> Images:
    """Images `(m, h, w)` with at most `MAX_SIDE` pixels a side: means of squares of pixels."""
    height, width = images.shape[1:]
    factor = -(-max(height, width) // MAX_SIDE)
    if factor == 1:
        return images
    rows, columns = -(-height // factor), -(-width // factor)
    margin = ((0, 0), (0, rows * factor - height), (0, columns * factor - width))
    whole = np.pad(images, margin, mode="edge").reshape(-1, rows, factor, columns, factor)
    means: Images = np.rint(whole.mean((2, 4), dtype=np.float32)).astype(np.uint8)
    return means
