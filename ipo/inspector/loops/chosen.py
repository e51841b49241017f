"""What of a loop is watched: which layers, by name or pattern, and which optimizers."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from torch import nn
from torch.optim import Optimizer

from ipo.inspector.capture.layers import Layer, find_layers, has_parameters, is_inner
from ipo.inspector.errors import UnknownName, unknown


def choose_layers(model: nn.Module, wanted: Iterable[str] | None) -> dict[str, Layer]:
    """The layers of these names or patterns (`encoder.*`); else those that have parameters or no parts.

    Raises `TypeError` for what is no module, `UnknownName` for a name or pattern that fits none.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"The model is {type(model).__name__}; a torch.nn.Module would be right.")
    known = find_layers(model)
    if wanted is None:
        return {name: one for name, one in known.items() if _is_of_interest(one)}
    chosen: set[str] = set()
    for pattern in [wanted] if isinstance(wanted, str) else wanted:
        fitting = [name for name in known if name == pattern or fnmatchcase(name, pattern)]
        if not fitting:
            raise UnknownName(unknown("layer", pattern, known))
        chosen.update(fitting)
    return {name: layer for name, layer in known.items() if name in chosen}


def _is_of_interest(layer: Layer) -> bool:
    return has_parameters(layer) or not (layer.owner._modules or is_inner(layer))


def choose_optimizers(given: Any) -> tuple[Optimizer, ...]:
    """The optimizers: one, several or none; also those inside of what accelerate and Lightning make of them.

    Raises `TypeError` for what is none.
    """
    many: Sequence[Any] = () if given is None else given if isinstance(given, list | tuple) else (given,)
    found = []
    for one in many:
        inner = getattr(one, "optimizer", one)  # of a wrapper, which has no hooks that are called
        if not isinstance(inner, Optimizer):
            raise TypeError(f"The optimizer is {type(one).__name__}; a torch.optim.Optimizer would be right.")
        found.append(inner)
    return tuple(found)
