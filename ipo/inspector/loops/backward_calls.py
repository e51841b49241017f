"""The losses of any loop: what `Tensor.backward` is called on while somebody listens.

Torch has no hook for it, so the method is exchanged for one that calls it and then says so. The last listener
that goes puts the original back.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Listener = Callable[[Tensor], Callable[[], None]]  # told before; what it returns is called afterwards

_lock = threading.Lock()
_listeners: tuple[Listener, ...] = ()
_original: Callable[..., Any] | None = None


def listen(listener: Listener) -> None:
    """Have `listener` told of every `backward` of this process."""
    global _listeners, _original
    with _lock:
        if _original is None:
            _original = torch.Tensor.backward
            torch.Tensor.backward = _announced(_original)  # type: ignore[method-assign]
        _listeners = (*_listeners, listener)


def stop_listening(listener: Listener) -> None:
    """Call it no more; does nothing for one that is not called."""
    global _listeners, _original
    with _lock:
        _listeners = tuple(one for one in _listeners if one != listener)
        if not _listeners and _original is not None:
            torch.Tensor.backward = _original  # type: ignore[method-assign]
            _original = None


def _announced(backward: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(backward)
    def announced(self: Tensor, *args: Any, **keywords: Any) -> Any:
        after = [listener(self) for listener in _listeners]
        result = backward(self, *args, **keywords)
        for tell in after:
            tell()
        return result

    return announced
