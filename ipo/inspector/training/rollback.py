"""Bringing a training back to where it was before a step that failed.

Before a step the versions of all tensors are noted. Buffers, which a forward pass changes, are copied when
they change; where anything else was changed, the steps before have to be taken again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer

_PLAIN = (bool, int, float, str, bytes, torch.dtype, type(None))
_INITIALIZED = (Tensor, nn.Parameter)  # exact types, without asking for what lazy ones are
_MOST_ARRAY = 2**16  # bytes of an array that is compared by value


@dataclass(frozen=True, eq=False)
class _Buffer:
    module: nn.Module
    name: str
    tensor: Tensor | None
    version: int
    copy: Tensor | None

    @property
    def changed(self) -> bool:
        return self.tensor is not None and _version(self.tensor) != self.version


class Rollback:
    """What a step may change: the state of modules, optimizers and other parts, and its batch."""

    def __init__(self, parts: Mapping[str, Any], *, gradients: bool) -> None:
        """`gradients`: whether those of before a step matter to it."""
        self._modules = [part for part in parts.values() if isinstance(part, nn.Module)]
        self._optimizers = [part for part in parts.values() if isinstance(part, Optimizer)]
        self._others = [part for part in parts.values() if not isinstance(part, nn.Module | Optimizer)]
        self._gradients = gradients
        self._began = False  # whether an optimizer has begun to step
        self._handles = [one.register_step_pre_hook(self._begin) for one in self._optimizers]
        self._buffers: list[_Buffer] = []
        self._modes: list[tuple[nn.Module, bool]] = []
        self._noted: list[Any] = []
        self._batch: Any = None

    def note(self, batch: Any) -> None:
        """Remember where everything is."""
        self._began, self._batch = False, batch
        copies = {id(known.tensor): known for known in self._buffers}
        modules = _modules_within(self._modules)
        self._modes = [(module, module.training) for module in modules]
        self._buffers = [
            _noted_buffer(module, name, buffer, copies)
            for module in modules
            for name, buffer in module._buffers.items()
        ]
        self._noted = self._fingerprint(modules)

    def undo(self) -> bool:
        """Put back buffers and modes. Says whether everything is as it was noted."""
        for module, training in self._modes:
            module.training = training
        with torch.no_grad():
            for known in self._buffers:
                known.module._buffers[known.name] = known.tensor
                if known.copy is not None and known.tensor is not None and known.changed:
                    known.tensor.copy_(known.copy)
        return not self._began and self._fingerprint(_modules_within(self._modules)) == self._noted

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()

    def _begin(self, *_: Any) -> None:
        self._began = True

    def _fingerprint(self, modules: list[nn.Module]) -> list[Any]:
        parameters = [
            parameter
            for module in modules
            for parameter in module._parameters.values()
            if parameter is not None
        ]
        versions = [(id(parameter), _version(parameter)) for parameter in parameters]
        groups = [
            [value for name, value in group.items() if name != "params"]
            for one in self._optimizers  # whose state changes only where they begin to step
            for group in one.param_groups
        ]
        others = [part.state_dict() for part in self._others]
        found = [versions, *(_mark(part) for part in (groups, others, self._batch))]
        if self._gradients:
            found.append(_mark([parameter.grad for parameter in parameters]))
        return found


def _modules_within(roots: Iterable[nn.Module]) -> list[nn.Module]:
    """Every module once, as `nn.Module.modules` gives them, which also makes their names and costs more."""
    found: dict[int, nn.Module] = {}
    waiting = list(roots)
    while waiting:
        module = waiting.pop()
        if id(module) not in found:
            found[id(module)] = module
            waiting += [part for part in module._modules.values() if part is not None]
    return list(found.values())


class _Same:
    """Equal to a mark of the same object only."""

    def __init__(self, thing: object, version: int = 0) -> None:
        self.thing, self.version = thing, version

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.thing is other.thing and self.version == other.version

    __hash__ = None  # type: ignore[assignment]


def _mark(state: Any) -> Any:
    """Equal for equal states; a thing that cannot be compared is equal to nothing."""
    if type(state) in _PLAIN:
        return state
    if isinstance(state, Tensor):
        return _Same(state, _version(state))
    if isinstance(state, list | tuple):  # first, as it is asked faster than what a mapping is
        return [value if type(value) in _PLAIN else _mark(value) for value in state]
    if isinstance(state, Mapping):
        keys = [_Same(key) if isinstance(key, Tensor) else key for key in state]
        return keys, [_mark(value) for value in state.values()]
    if isinstance(state, np.ndarray) and state.nbytes <= _MOST_ARRAY and state.dtype != object:
        return state.tobytes()
    if isinstance(state, _PLAIN):
        return state
    return object()


def _version(tensor: Tensor) -> int:
    if (type(tensor) not in _INITIALIZED and is_lazy(tensor)) or tensor.is_inference():
        return -1  # which count none
    return tensor._version


def _noted_buffer(
    module: nn.Module, name: str, buffer: Tensor | None, copies: Mapping[int, _Buffer]
) -> _Buffer:
    if buffer is None:
        return _Buffer(module, name, None, 0, None)
    version, known = _version(buffer), copies.get(id(buffer))
    if is_lazy(buffer):
        return _Buffer(module, name, buffer, version, None)
    if known is not None and known.tensor is buffer and known.version == version:
        return _Buffer(module, name, buffer, version, known.copy)
    return _Buffer(module, name, buffer, version, buffer.detach().clone())
