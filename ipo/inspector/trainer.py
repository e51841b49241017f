"""The training loop, as a generator of steps: whoever wants to watch it iterates.

for step in trainer.steps():        # or trainer.train(300, on_step=...)
    print(step.index, float(step.loss))
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


@dataclass(frozen=True, eq=False)
class Step:
    """What one step has at hand."""

    index: int  # from 0
    epoch: int
    batch: Any
    output: Any
    loss: Tensor


Metrics = Callable[[Step], None]


def inputs_of(batch: Any) -> Any:
    """What the model is called with: the first part of a batch, or the batch if it has no parts."""
    return batch[0] if isinstance(batch, tuple | list) else batch


class Trainer:
    """Next batch → forward → loss → zero_grad → backward → optimizer step.

    `loss` is called with the model's output and the batch. Batches go on through the epochs across calls.
    """

    def __init__(
        self,
        model: nn.Module,
        loader: Iterable[Any],
        loss: Callable[[Any, Any], Tensor],
        optimizer: Optimizer,
        forward: Callable[[nn.Module, Any], Any] | None = None,
    ) -> None:
        self.model = model
        self.loader = loader
        self.loss = loss
        self.optimizer = optimizer
        self.forward = forward or (lambda model, batch: model(inputs_of(batch)))
        self.index = 0
        self.epoch = -1
        self._batches: Iterator[Any] = iter(())

    def train(
        self,
        steps: int,
        on_step: Callable[[Step], None] | None = None,
        training_metrics_fn: Metrics | None = None,
    ) -> None:
        """Take so many steps. `training_metrics_fn` runs after backward, `on_step` after the optimizer."""
        for step in islice(self.steps(training_metrics_fn), steps):
            if on_step is not None:
                on_step(step)

    def steps(self, training_metrics_fn: Metrics | None = None) -> Iterator[Step]:
        """Steps without end. A step is done when it is yielded."""
        while True:
            batch = self._next_batch()
            self.model.train()
            with torch.enable_grad():
                output = self.forward(self.model, batch)
                loss = self.loss(output, batch)
                self.optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
            step = Step(self.index, self.epoch, batch, output, loss.detach())
            if training_metrics_fn is not None:
                training_metrics_fn(step)
            self.optimizer.step()
            self.index += 1
            yield step

    def restart_at(self, index: int, epoch: int) -> None:
        """Number the next step `index`; the loader was put back there."""
        self.index, self.epoch = index, epoch
        self._batches = iter(self.loader) if index else iter(())

    def _next_batch(self) -> Any:
        for batch in self._batches:
            return batch
        self._batches = iter(self.loader)
        self.epoch += 1
        for batch in self._batches:
            return batch
        raise ValueError("The loader has no batch; fewer images than one batch, with drop_last?")
