"""Which images teach a model and which only measure it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.digits.config import SSVAEConfig


@dataclass(frozen=True, eq=False)
class Split:
    """Rows that teach and rows that only measure; together all of them."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]


def split_of(count: int, config: SSVAEConfig) -> Split:
    """The split of `count` images, which follows from the config's seed."""
    order = np.random.default_rng([config.seed, count]).permutation(count)
    held = round(config.validation * count)
    return Split(np.sort(order[held:]), np.sort(order[:held]))


def batches_per_epoch(train: int, config: SSVAEConfig) -> int:
    """How many full batches of unlabelled images there are."""
    return max(1, train // min(config.unlabelled_batch, max(1, train)))


def per_epoch(images: int, config: SSVAEConfig) -> int:
    """Steps of an epoch over so many images, those of the split included."""
    return batches_per_epoch(len(split_of(images, config).train), config)
