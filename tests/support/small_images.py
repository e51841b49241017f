"""A set of small digits in a project folder, on which an epoch takes a moment."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

NAME = "small"
COUNT = 400


def with_small_images(home: Path, count: int = COUNT) -> Path:
    """A project folder with `count` digits of 8 × 8 pixels, out of 1,797, and what they show."""
    bundle = load_digits()
    folder = home / "datasets" / "images"
    folder.mkdir(parents=True)
    images = (bundle.images[:count] * (255 / 16)).astype(np.uint8)
    np.savez(folder / f"{NAME}.npz", images=images, labels=bundle.target[:count].astype(np.uint8))
    return home
