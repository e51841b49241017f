"""In what order images teach: batches whose every draw can be saved.

A batch holds views and noise, so that the model itself draws nothing: a step is a pure function of weights
and batch.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ipo.digits.config import SSVAEConfig
from ipo.digits.data import Images
from ipo.digits.labels.store import NONE, Values
from ipo.digits.model import SSVAE
from ipo.digits.spectral import unit_rows
from ipo.digits.split import Split, batches_per_epoch
from ipo.digits.training import spreading
from ipo.digits.training.augment import FIRM, STRONG, WEAK, affine_elastic


class Batch(NamedTuple):
    labelled: Tensor  # (L, 1, h, w), views of labelled images
    labels: Tensor  # (L,) int64
    taught: Tensor  # (classes,) float, 1 for those that have a label at all, else 0
    weak: Tensor  # (U, 1, h, w)
    strong: Tensor  # (U, 1, h, w), of the same images
    noise: Tensor  # (U, d) ~ N(0, I), for z
    rows: Tensor  # (U,) int64, which images
    spread: Tensor  # (U,) int64, the class that labelled images say of them by connection; NONE


class Batches:
    """Batches without end of images `(n, h, w)`; an epoch has `per_epoch` of them.

    Before each epoch after the first, labels are spread to all images by what a teacher, if there is one,
    sees in them. The order within an epoch follows from seed and epoch, all other draws from one generator.
    `step`, the generator and the labels that were spread are the whole state.
    """

    def __init__(
        self, images: Images, labels: Values, split: Split, config: SSVAEConfig, teacher: SSVAE | None = None
    ) -> None:
        if len(split.train) == 0:
            raise ValueError("There is no image to train on.")
        self.config = config
        self.step = 0  # of the next batch
        self.spread = torch.full((len(images),), NONE, dtype=torch.int8)
        self._images = torch.from_numpy(np.ascontiguousarray(images))
        self._train = torch.from_numpy(split.train)
        self._size = min(config.unlabelled_batch, len(split.train))
        self._teacher = teacher
        self._generator = torch.Generator().manual_seed(config.seed)
        self._order = (-1, self._train)
        self.use(labels)

    @property
    def per_epoch(self) -> int:
        return batches_per_epoch(len(self._train), self.config)

    def use(self, labels: Values) -> None:
        """Teach with these labels from the next batch on; those of other rows than train are left out."""
        self.labels = labels
        taught = labels[self._train.numpy()]
        self.taught = int(np.count_nonzero(taught != NONE))
        self._by_class = [
            self._train[torch.from_numpy(np.flatnonzero(taught == one))]
            for one in np.unique(taught[taught != NONE])
        ]
        self._classes = torch.from_numpy(np.unique(taught[taught != NONE]).astype(np.int64))
        self._taught = torch.zeros(self.config.classes)
        self._taught[self._classes] = 1

    def __iter__(self) -> Iterator[Batch]:
        """What is left of the running epoch, or the next one."""
        end = (self.step // self.per_epoch + 1) * self.per_epoch
        while self.step < end:
            yield self.next()

    def next(self) -> Batch:
        """The next batch."""
        epoch, at = divmod(self.step, self.per_epoch)
        if at == 0 and self._teacher is not None:
            self.spread = self._spread(self._teacher)
        rows = self._epoch(epoch)[at * self._size : (at + 1) * self._size]
        images = self._images[rows][:, None].float() / 255
        labelled, labels = self._labelled()
        batch = Batch(
            labelled,
            labels,
            self._taught,
            affine_elastic(images, WEAK, self._generator),
            affine_elastic(images, STRONG, self._generator),
            torch.randn(len(rows), self.config.latent_dim, generator=self._generator),
            rows,
            self.spread[rows].long(),
        )
        self.step += 1
        return batch

    def state_dict(self) -> dict[str, Any]:
        return {"step": self.step, "generator": self._generator.get_state(), "spread": self.spread}

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        self.step = int(state["step"])
        self._generator.set_state(state["generator"])
        self.spread = state["spread"]

    def _spread(self, teacher: SSVAE) -> Tensor:
        """A class for each image `(n,)` int8; NONE for held-out ones, and for all when labels are many."""
        known = torch.full_like(self.spread, NONE)
        # before the first epoch features are as chance made them
        if self.step > 0 and 0 < self.taught <= spreading.MOST:
            train = self._train.numpy()
            rng = np.random.default_rng([self.config.seed, self.step])
            features = unit_rows(teacher.outputs(self._images[train].numpy()).features)
            spread = spreading.spread(features, self.labels[train], self.config.classes, rng)
            known[self._train] = torch.from_numpy(spread)
        return known

    def _epoch(self, epoch: int) -> Tensor:
        if self._order[0] != epoch:
            order = np.random.default_rng([self.config.seed, epoch]).permutation(len(self._train))
            self._order = (epoch, self._train[torch.from_numpy(order)])
        return self._order[1]

    def _labelled(self) -> tuple[Tensor, Tensor]:
        """Views of labelled images, each class as likely as the next: people label no fair sample."""
        count, generator = self.config.labelled_batch, self._generator
        if not self._by_class:
            return self._images[:0][:, None].float() / 255, torch.zeros(0, dtype=torch.int64)
        which = torch.randint(len(self._by_class), (count,), generator=generator)
        place = torch.rand(count, generator=generator).tolist()
        rows = torch.stack(
            [
                self._by_class[one][math.floor(at * len(self._by_class[one]))]
                for one, at in zip(which.tolist(), place, strict=True)
            ]
        )
        return affine_elastic(self._images[rows][:, None].float() / 255, FIRM, generator), self._classes[
            which
        ]
