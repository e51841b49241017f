"""Buffers of layers as a step left them, such as the statistics of a batch norm: `bn/running_mean`."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from ipo.inspector.capture.copying import copied
from ipo.inspector.capture.layers import Layer, layer_spec
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import Phase


class BufferWatch:
    """Takes the buffers of layers. One that did not change is kept once, however many steps hold it."""

    def __init__(self, layers: Mapping[str, Layer], inspector: StepInspector) -> None:
        self._layers = layers
        self._inspector = inspector
        self._copies: dict[str, Tensor] = {}  # as the last step left them

    def take(self) -> None:
        for layer in self._layers.values():
            for name, buffer in layer.owner._buffers.items():
                key = f"{layer.name}/{name}"
                with self._inspector.noting(key):
                    if buffer is not None and not is_lazy(buffer):
                        self._take(key, layer, name, buffer)

    def _take(self, key: str, layer: Layer, name: str, buffer: Tensor) -> None:
        axes = tuple(f"{layer.name} {name}.axis{axis}" for axis in range(buffer.dim()))
        now, before = copied(buffer), self._copies.get(key)
        if before is None or before.dtype != now.dtype or not torch.equal(before, now):
            before = self._copies[key] = now
        self._inspector.discover(
            key,
            before,
            lambda _: layer_spec(key, axes, Phase.POST_STEP, f"{key} after the step"),
            owned=True,
        )
