"""What goes out of layers and the gradient that comes back, taken by hooks that are there for one step."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ipo.inspector.capture.layers import Layer, is_compiled, layer_spec, output_axes
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import Phase, TensorSpec

MOST_CALLS = 16  # of one layer within a step
MOST_PARTS = 32  # tensors of one output
MOST_DEPTH = 4  # of tuples and dicts within each other

_FAST = (nn.TransformerEncoder, nn.TransformerEncoderLayer, nn.MultiheadAttention)
_UNCALLED = "it was not called in this step, or only by code that was compiled or scripted"
_TRANSFORMED = "it is inside of a transform of torch.func"
_NO_GRADIENT_ASKED = "the output asks for no gradient"
_NO_GRADIENT = "no gradient came back to it in this step"


class OutputWatch:
    """Captures every call of some layers within a step, each with its own gradient.

    The hooks never raise, and do nothing while a compiler traces or where a checkpointed part is computed
    again during backward.
    """

    def __init__(
        self,
        layers: Mapping[str, Layer],
        inspector: StepInspector,
        belongs: Callable[[], bool] = lambda: True,
    ) -> None:
        """`belongs`: whether a call that was just made is one of the step."""
        self._layers = layers
        self._belongs = belongs
        self._inspector = inspector
        self._calls: dict[str, int] = {}
        self._awaited: list[str] = []  # keys of gradients
        self._handles: list[Any] = []

    def begin(self) -> None:
        """Attach the hooks for one step."""
        self._calls, self._awaited = {}, []
        for name, layer in self._layers.items():
            reason = _left_out(layer)
            if reason:
                self._inspector.note(f"{name}/output", reason)
                self._calls[name] = 1
                continue
            hook = partial(self._called, name)
            self._handles.append(layer.called.register_forward_hook(hook))

    def end(self) -> None:
        """Say what did not come."""
        for name in self._layers:
            if name not in self._calls:
                self._inspector.note(f"{name}/output", _UNCALLED)
        for key in self._awaited:
            if not self._inspector.has(key):
                self._inspector.note(key, _NO_GRADIENT)

    def detach(self) -> None:
        """Take off all hooks."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _called(self, name: str, module: nn.Module, args: Any, output: Any) -> None:
        if torch.compiler.is_compiling() or torch._C._get_tracing_state() is not None:
            return
        if torch._C._current_graph_task_id() != -1:
            return  # computed again for the backward pass
        with self._inspector.noting(f"{name}/output"):
            if self._belongs():
                self._take(name, output)

    def _take(self, name: str, output: Any) -> None:
        call = self._calls[name] = self._calls.get(name, 0) + 1
        number = "" if call == 1 else f"#{call}"
        if call > MOST_CALLS:
            self._inspector.note(f"{name}/output#{MOST_CALLS + 1}", f"only {MOST_CALLS} calls are kept")
            return
        count = 0
        for path, part in parts_of(output):
            count += 1
            if count > MOST_PARTS:
                self._inspector.note(f"{name}/output{number}", f"only {MOST_PARTS} of its tensors are kept")
                return
            if not isinstance(part, Tensor):
                self._inspector.note(
                    f"{name}/output{path}{number}", f"it is {type(part).__name__}, no tensor"
                )
                continue
            self._take_part(name, f"{path}{number}", part)
        if not count:
            self._inspector.note(f"{name}/output{number}", "it is empty: no tensor is in it")

    def _take_part(self, name: str, which: str, part: Tensor) -> None:
        key, gradient_key = f"{name}/output{which}", f"{name}/output_gradient{which}"
        if torch._C._functorch.is_functorch_wrapped_tensor(part):
            self._inspector.note(key, _TRANSFORMED)
            self._inspector.note(gradient_key, _TRANSFORMED)
            return
        label = f"{name}{which}"
        self._inspector.discover(key, part, _spec(name, key, Phase.FORWARD, f"Output of {label}"))
        if not part.requires_grad:
            self._inspector.note(gradient_key, _NO_GRADIENT_ASKED)
            return
        spec = _spec(name, gradient_key, Phase.BACKWARD, f"Gradient at the output of {label}")

        def take_gradient(gradient: Tensor) -> None:
            self._inspector.discover(gradient_key, gradient, spec, add=True)

        self._handles.append(part.register_hook(take_gradient))  # type: ignore[no-untyped-call]
        self._awaited.append(gradient_key)


def parts_of(output: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The tensors of an output with their paths: `.0` of a tuple, `.hidden` of a dict, tuple or dataclass.

    A number counts as a tensor; what is nothing of these is given as it is.
    """
    if isinstance(output, bool | int | float):
        yield path, torch.tensor(float(output), dtype=torch.float32, device="cpu")
    elif output is None or isinstance(output, str | bytes):
        return
    elif isinstance(output, Tensor) or depth == MOST_DEPTH:
        yield path, output
    elif (named := _named_parts(output)) is not None:
        for name, part in named:
            yield from parts_of(part, f"{path}.{name}", depth + 1)
    else:
        yield path, output


def _named_parts(output: Any) -> list[tuple[Any, Any]] | None:
    if isinstance(output, Mapping):
        return list(output.items())
    if isinstance(output, tuple | list):
        fields = getattr(output, "_fields", range(len(output)))
        return list(zip(fields, output, strict=True))
    if dataclasses.is_dataclass(output) and not isinstance(output, type):
        return [(field.name, getattr(output, field.name)) for field in dataclasses.fields(output)]
    return None


def _spec(name: str, key: str, phase: Phase, label: str) -> Callable[[int], TensorSpec]:
    return lambda count: layer_spec(key, output_axes(name, count), phase, label)


def _left_out(layer: Layer) -> str:
    """Why a layer gets no hook in this step; empty if it does."""
    for module in layer.within:
        compiled = getattr(module, "_compiled_call_impl", None) is not None
        if compiled or (is_compiled(module) and module is not layer.called):
            return "it runs inside of a compiled module, which hooks would change"
        if isinstance(module, _FAST) and not module.training:
            return "it runs on the fast path of a transformer in evaluation mode, which hooks would turn off"
    return ""
