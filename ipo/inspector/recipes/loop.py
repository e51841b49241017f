"""A recipe that is a loop: a generator that yields its model and optimizer, and then the loss of each step.

    def my_training(seed):
        ...
        yield model, optimizer            # ready
        for x, y in loader:
            ...
            optimizer.step()
            yield loss                    # a step is done

Nothing can look into where a generator is, so that going back runs it again from its beginning.
"""

from collections.abc import Generator, Iterator
from typing import Any

from torch import nn
from torch.optim import Optimizer

from ipo.inspector.training.setup import Setup, Stateful
from ipo.inspector.training.trainer import LoopEnded

_FIRST = "the model and its optimizer (or a list of them) would be right: yield model, optimizer"


class _Numbers:
    """What the steps of a generator are given, which draws its batches itself."""

    def __iter__(self) -> Iterator[int]:
        number = 0
        while True:
            yield number
            number += 1


class _Closing:
    """Ends a generator, and whatever its `finally` holds, when a session lets go of it."""

    def __init__(self, generator: Generator[Any, Any, Any]) -> None:
        self._generator = generator

    def remove(self) -> None:
        self._generator.close()


def setup_of(name: str, generator: Generator[Any, Any, Any]) -> Setup:
    """The training that a generator runs, brought to where it is ready.

    Raises `TypeError` for one that does not yield a model and its optimizer first, and what it raises.
    """
    try:
        first = next(generator)
    except StopIteration:
        raise TypeError(f"{name} ended before it yielded anything; {_FIRST}.") from None
    model, optimizers = _ready(name, first)

    def step(batch: Any) -> Any:
        try:
            return next(generator)
        except StopIteration:
            raise LoopEnded("The loop has come to its end: there is no further step.") from None

    others: dict[str, Stateful] = {f"optimizer {at}": one for at, one in enumerate(optimizers[1:], 2)}
    return Setup(
        model,
        _Numbers(),
        None,
        optimizers[0],
        hooks=(_Closing(generator),),
        stateful=others,
        step=step,
        rolls_back=False,
    )


def _ready(name: str, first: Any) -> tuple[nn.Module, list[Optimizer]]:
    if isinstance(first, tuple) and len(first) == 2 and isinstance(first[0], nn.Module):
        optimizers = list(first[1]) if isinstance(first[1], list | tuple) else [first[1]]
        if optimizers and all(isinstance(one, Optimizer) for one in optimizers):
            return first[0], optimizers
    kinds = ", ".join(type(part).__name__ for part in (first if isinstance(first, tuple) else (first,)))
    raise TypeError(f"{name} yielded {kinds} first; {_FIRST}.")
