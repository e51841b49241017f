"""What is seen of any training without code: its batch, its layers, its loss.

Nothing here raises into the training or touches its state; what cannot be had is a note with its reason.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.optim import Optimizer

from ipo.inspector.capture.buffers import BufferWatch
from ipo.inspector.capture.layers import Layer, find_layers, has_parameters, has_statistics
from ipo.inspector.capture.outputs import OutputWatch
from ipo.inspector.capture.parameters import ParameterWatch
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import SPECS, StepTensorKey, TensorSpec, by_key
from ipo.inspector.errors import UnknownName, unknown
from ipo.inspector.training.setup import Setup
from ipo.inspector.training.trainer import Step, inputs_of

_BATCH = (StepTensorKey.BATCH_IMAGES, StepTensorKey.BATCH_LABELS)


def chosen_layers(setup: Setup) -> Mapping[str, Layer]:
    """The layers to capture: those that the setup names, else all with weights or statistics.

    None where the recipe observes itself.

    Raises `UnknownName`.
    """
    known = find_layers(setup.model)
    if setup.layers is None:
        if setup.observe is not None:
            return {}
        return {name: one for name, one in known.items() if has_parameters(one) or has_statistics(one)}
    for name in setup.layers:
        if name not in known:
            raise UnknownName(unknown("layer", name, known))
    return {name: known[name] for name in setup.layers}


def first_specs(setup: Setup) -> Mapping[str, TensorSpec]:
    """The tensors of the recipe, the batch and the loss; those of layers are added when they are there."""
    found = [*setup.specs.values()]
    if setup.observe is None:
        found += [SPECS[key] for key in _BATCH if key not in setup.specs]
    if StepTensorKey.LOSS not in setup.specs:
        found.append(SPECS[StepTensorKey.LOSS])
    return by_key(found)


class Watch:
    """Captures one step after another."""

    def __init__(self, setup: Setup, inspector: StepInspector) -> None:
        layers = chosen_layers(setup)
        optimizers = {
            id(one): one for one in (setup.optimizer, *setup.stateful.values()) if isinstance(one, Optimizer)
        }
        self._setup = setup
        self._layers = layers
        self._inspector = inspector
        self._parameters = ParameterWatch(layers, optimizers.values(), inspector)
        self._buffers = BufferWatch(layers, inspector)
        self._outputs = OutputWatch(layers if setup.outputs else {}, inspector)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Within, one step is taken. Its tensors are captured; nothing stays attached to the model."""
        if not self._layers:  # as where the recipe observes itself
            yield
            return
        try:
            self._safely(self._parameters.attach, "parameters")
            self._safely(self._parameters.begin, "parameters")
            self._safely(self._outputs.begin, "outputs")
            yield
            self._safely(self._outputs.end, "outputs")
            self._safely(self._parameters.end, "parameters")
            self._safely(self._buffers.take, "buffers")
        finally:
            self._outputs.detach()
            self._parameters.detach()

    def take_batch(self, step: Step) -> None:
        """Images and labels, where the batch has any."""
        if self._setup.observe is None:
            self._safely(lambda: self._take_batch(step), StepTensorKey.BATCH_IMAGES)

    def take_loss(self, loss: Tensor) -> None:
        self._safely(lambda: self._inspector.capture(StepTensorKey.LOSS, loss.reshape(())), "loss")

    def _take_batch(self, step: Step) -> None:
        shape, inputs = self._setup.image_shape, inputs_of(step.batch)
        rows = len(inputs) if isinstance(inputs, Tensor) and inputs.dim() else 0
        if shape is not None and rows and inputs.numel() == rows * math.prod(shape):
            self._inspector.capture(StepTensorKey.BATCH_IMAGES, inputs.reshape(rows, -1))
        labels = step.batch[1] if isinstance(step.batch, tuple | list) and len(step.batch) > 1 else None
        if isinstance(labels, Tensor) and labels.dim() == 1 and len(labels) == rows:
            self._inspector.capture(StepTensorKey.BATCH_LABELS, labels)

    def _safely(self, take: Callable[[], None], what: str) -> None:
        with self._inspector.noting(what), torch.no_grad():
            take()
