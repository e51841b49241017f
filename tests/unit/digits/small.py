"""A model that trains in milliseconds, on digits of 8 × 8 pixels."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from ipo.digits.config import SSVAEConfig
from ipo.digits.data import Images
from ipo.digits.labels.store import NONE, Values

CONFIG = SSVAEConfig(
    image_shape=(8, 8),
    latent_dim=4,
    width=4,
    features=16,
    hidden=16,
    labelled_batch=8,
    unlabelled_batch=24,
    averaging=0.9,
)
COUNT = 120
PER_EPOCH = 4  # 108 images teach, 24 a batch


@lru_cache(maxsize=1)
def digits() -> tuple[Images, NDArray[np.int8]]:
    """1,797 images of 8 × 8 that ship with scikit-learn, and what they show."""
    bundle = load_digits()
    return (bundle.images * (255 / 16)).astype(np.uint8), bundle.target.astype(np.int8)


def images() -> Images:
    return digits()[0][:COUNT]


def labels(every: int = 3) -> Values:
    """A label for every third image."""
    values = np.full(COUNT, NONE, np.int8)
    values[::every] = digits()[1][:COUNT:every]
    return values


def config(**changes: object) -> SSVAEConfig:
    return replace(CONFIG, **changes)  # type: ignore[arg-type]
