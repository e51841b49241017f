"""Shuffled batches of images, the same for every run with the same seed."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.data import BatchSampler, RandomSampler


class Batch(NamedTuple):
    inputs: Tensor  # (B, F) float32 in [0, 1]
    labels: Tensor  # (B,) uint8
    pixels: Tensor  # (B, F) uint8, the inputs as they were read


class ImageLoader:
    """Batches of `pixels` `(n, F)`; a last batch that is not full is left out.

    The order is that of `DataLoader(shuffle=True, drop_last=True, generator=Generator().manual_seed(seed))`,
    without its cost per image, and with a position that can be saved.
    """

    def __init__(self, pixels: Tensor, labels: Tensor, batch_size: int, seed: int) -> None:
        if len(pixels) < batch_size:
            raise ValueError(f"{len(pixels)} images are fewer than one batch of {batch_size}.")
        self.pixels = pixels
        self.labels = labels
        self.batch_size = batch_size
        self._generator = torch.Generator().manual_seed(seed)
        self._before = self._generator.get_state()  # of the running epoch
        self._done = 0
        self._resume = False

    def __len__(self) -> int:
        return len(self.pixels) // self.batch_size

    def __iter__(self) -> Iterator[Batch]:
        if self._resume:
            self._resume = False
        else:
            self._before, self._done = self._generator.get_state(), 0
        self._generator.set_state(self._before)
        torch.empty((), dtype=torch.int64).random_(
            generator=self._generator
        )  # as DataLoader, for its workers
        shuffled = RandomSampler(range(len(self.pixels)), generator=self._generator)
        batches = BatchSampler(shuffled, self.batch_size, drop_last=True)
        for chosen in islice(batches, self._done, None):
            self._done += 1
            pixels = self.pixels[chosen]
            yield Batch(pixels.float() / 255, self.labels[chosen], pixels)

    def state_dict(self) -> dict[str, Any]:
        return {"before": self._before.clone(), "done": self._done}

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """The next iteration goes on behind the batch that was the last."""
        self._before, self._done = state["before"].clone(), int(state["done"])
        self._generator.set_state(self._before)
        self._resume = True
