"""Folders of small pictures, and an embedder that reads their colours: quick, and of known meaning."""

from pathlib import Path

import numpy as np
from PIL import Image

from ipo.embedding.batches import check_images, unit_rows
from ipo.embedding.protocol import Features, Images
from ipo.jobs import SILENT, Progress
from ipo.pictures.pool import PicturePool

GRID = 4  # parts a side whose mean colours are read
WARM, COLD = (220, 120, 60), (60, 120, 220)


class CoarseColours:
    """The mean colour of each of 4 × 4 parts, less grey."""

    name = "coarse_colours"
    weights_hash = "0123456789abcdef"
    dim = 3 * GRID * GRID

    def __init__(self) -> None:
        self.read = 0  # images

    def embed(self, images: Images, progress: Progress = SILENT) -> Features:
        check_images(images)
        self.read += len(images)
        small = [Image.fromarray(image).resize((GRID, GRID), Image.Resampling.BOX) for image in images]
        return unit_rows(np.stack([np.asarray(one, np.float32).ravel() / 255 - 0.5 for one in small]))


def paint(path: Path, colour: tuple[int, int, int], seed: int, size: tuple[int, int] = (48, 36)) -> Path:
    """A picture of one colour with noise of its own; its format is what its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(0, 20, (size[1], size[0], 3))
    pixels = np.clip(np.asarray(colour) + noise, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def fill_folder(folder: Path, count: int = 6) -> Path:
    """A folder of so many pictures, warm and cold by turns, in PNG, JPEG and WebP."""
    for number in range(count):
        suffix = ("png", "jpg", "webp")[number % 3]
        paint(folder / f"{number:02d}.{suffix}", WARM if number % 2 else COLD, number)
    return folder


def pool_of(home: Path, folder: Path, embedder: CoarseColours | None = None) -> PicturePool:
    """A pool of which nothing is read yet."""
    reader = embedder or CoarseColours()
    return PicturePool(home, folder, lambda: reader, reader.dim)


def read_pool(home: Path, folder: Path, embedder: CoarseColours | None = None) -> PicturePool:
    """A pool of which everything is read."""
    pool = pool_of(home, folder, embedder)
    pool.scan()
    while pool.read_some():
        pass
    return pool
