"""The training loop, as a generator of steps: whoever wants to watch it iterates.

for step in trainer.steps():        # or trainer.train(300, on_step=...)
    print(step.index, float(step.loss))
"""

import inspect
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
    output: Any  # None where the step is a function of the user's
    loss: Tensor


class LoopEnded(RuntimeError):
    """The loop of a recipe has no further step."""


Metrics = Callable[[Step], None]
TrainStep = Callable[[Any], Tensor | float]  # batch → loss


def inputs_of(batch: Any) -> Any:
    """What the model is called with: the first part of a batch, or the batch if it has no parts."""
    return batch[0] if isinstance(batch, tuple | list) else batch


class Trainer:
    """Next batch → forward → loss → zero_grad → backward → optimizer step.

    `loss` is called with the model's output and the batch. Batches go on through epochs and calls. With
    `step`, a whole step is that function of the batch. Modules stay in the mode in which they are. A step
    that raises leaves its batch to the next one.
    """

    def __init__(
        self,
        model: nn.Module,
        loader: Iterable[Any],
        loss: Callable[[Any, Any], Tensor] | None,
        optimizer: Optimizer,
        forward: Callable[[nn.Module, Any], Any] | None = None,
        step: TrainStep | None = None,
    ) -> None:
        if loss is None and step is None:
            raise ValueError("There is no loss; a loss, or a step that returns it, would be right.")
        self.model = model
        self.loader = loader
        self.loss = loss
        self.optimizer = optimizer
        self.forward = forward or (lambda model, batch: model(inputs_of(batch)))
        self.step = step
        self.index = 0
        self.epoch = -1
        self._batches: Iterator[Any] = iter(())
        self._drawn: list[Any] = []  # the batch that the next step is to take

    @property
    def has_drawn(self) -> bool:
        """Whether the batch of the next step is here already."""
        return bool(self._drawn)

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
        """Steps without end. A step is done when it is yielded.

        `training_metrics_fn` runs after backward and before the optimizer, or after a `step` of the user's.
        """
        while True:
            batch = self.draw()
            step = self._own_step(batch, training_metrics_fn) if self.step is None else self._user_step(batch)
            if training_metrics_fn is not None and self.step is not None:
                training_metrics_fn(step)
            self._drawn = []
            self.index += 1
            yield step

    def draw(self) -> Any:
        """The batch of the next step. Raises `ValueError` for a loader without a batch."""
        if not self._drawn:
            self._drawn = [self._next_batch()]
        return self._drawn[0]

    def restart_at(self, index: int, epoch: int) -> None:
        """Number the next step `index`; the loader was put back there."""
        self.index, self.epoch = index, epoch
        self._batches = iter(self.loader) if index else iter(())
        self._drawn = []

    def _own_step(self, batch: Any, training_metrics_fn: Metrics | None) -> Step:
        """The optimizer may evaluate the loss itself, as LBFGS does; the first evaluation is the step's."""
        evaluated: list[Step] = []

        def evaluate() -> Tensor:
            assert self.loss is not None
            with torch.enable_grad():
                output = self.forward(self.model, batch)
                loss = self.loss(output, batch)
                self.optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
            if not evaluated:
                evaluated.append(Step(self.index, self.epoch, batch, output, loss.detach()))
                if training_metrics_fn is not None:
                    training_metrics_fn(evaluated[0])
            return loss

        if _takes_closure(self.optimizer):
            self.optimizer.step(evaluate)  # type: ignore[arg-type]
        else:
            evaluate()
            self.optimizer.step()
        return evaluated[0]

    def _user_step(self, batch: Any) -> Step:
        assert self.step is not None
        loss = self.step(batch)
        if not isinstance(loss, Tensor):
            if not isinstance(loss, int | float):
                raise TypeError(f"The step returned {type(loss).__name__}; its loss would be right.")
            loss = torch.tensor(float(loss))
        return Step(self.index, self.epoch, batch, None, loss.detach())

    def _next_batch(self) -> Any:
        for batch in self._batches:
            return batch
        self._batches = iter(self.loader)
        self.epoch += 1
        for batch in self._batches:
            return batch
        raise ValueError("The loader has no batch; fewer images than one batch, with drop_last?")


def _takes_closure(optimizer: Optimizer) -> bool:
    """Whether the optimizer cannot step without a function that evaluates the loss."""
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    return closure is not None and closure.default is inspect.Parameter.empty
