"""Steps of a loop that runs by itself: a step ends when its optimizer has stepped.

Forward and backward passes before that belong to the step, however many there are. Passes without gradients
in evaluation mode do not: they validate. Nothing here raises into the loop or changes what it computes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ipo.inspector.capture.buffers import BufferWatch
from ipo.inspector.capture.finiteness import NotFinite
from ipo.inspector.capture.layers import Layer
from ipo.inspector.capture.outputs import OutputWatch
from ipo.inspector.capture.parameters import ParameterWatch
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.loops import backward_calls

Ended = Callable[[NotFinite | None], None]  # told after every step


class LoopWatch:
    """Captures the steps of a loop from `attach` to `detach`. With `paused` it takes the loss and no more.

    Of several optimizers the last one ends the step; without any, `end_step` does.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizers: Sequence[Optimizer],
        layers: Mapping[str, Layer],
        inspector: StepInspector,
        ended: Ended = lambda broken: None,
        scaler: Any = None,
    ) -> None:
        """`scaler`: the gradient scaler of torch by which losses are multiplied before `backward`."""
        self.paused = False
        self._model = model
        self._optimizers = tuple(optimizers)
        self._inspector = inspector
        self._ended = ended
        self._scaler = scaler
        self._outputs = OutputWatch(layers, inspector, belongs=self._begin)
        self._parameters = ParameterWatch(layers, self._optimizers, inspector)
        self._buffers = BufferWatch(layers, inspector)
        self._begun = False
        self._hooked = False  # whether outputs have hooks
        self._evaluating: Optimizer | None = None  # one that evaluates the loss by a closure
        self._evaluated = False
        self._loss: float | None = None
        self._handles: list[Any] = []

    def attach(self) -> None:
        """Begin to watch."""
        for optimizer in self._optimizers:
            self._handles.append(optimizer.register_step_pre_hook(self._before_optimizer))
        self._parameters.attach()
        for optimizer in self._optimizers:
            self._handles.append(optimizer.register_step_post_hook(self._after_optimizer))
        backward_calls.listen(self._backward)
        self._expect_step()

    def detach(self) -> None:
        """Leave model and optimizers as they were; what began of a step and did not end is forgotten."""
        backward_calls.stop_listening(self._backward)
        self._outputs.detach()
        self._parameters.detach()
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self._inspector.discard()

    @property
    def begun(self) -> bool:
        """Whether anything was seen of a step that has not ended."""
        return self._begun or self._loss is not None

    def take_loss(self, loss: float) -> None:
        """What the loss of the running step is, where that is not what `backward` was called on."""
        self._loss = loss

    def end_step(self) -> None:
        """Archive the running step."""
        broken: NotFinite | None = None
        with self._inspector.noting("step"):
            if self._begun:
                self._outputs.end()
                self._parameters.end()
                self._buffers.take()
            if self._loss is not None:
                self._inspector.capture_scalar(StepTensorKey.LOSS, self._loss)
            broken = self._inspector.commit(keep=not self.paused)
        self._ended(broken)
        self._expect_step()

    def _expect_step(self) -> None:
        self._begun = self._evaluated = False
        self._loss = None
        self._outputs.detach()
        self._inspector.discard()
        if not self.paused:
            with self._inspector.noting("step"):
                self._outputs.begin()

    def _begin(self) -> bool:
        """Whether what runs now belongs to the step; the first that does begins it."""
        validating = bool(self._optimizers) and not (torch.is_grad_enabled() or self._model.training)
        if validating or self.paused:
            return False
        if not self._begun:
            self._begun = True
            self._parameters.begin()
        return True

    def _before_optimizer(self, optimizer: Optimizer, args: tuple[Any, ...], keywords: Any) -> None:
        with self._inspector.noting("step"):
            if not self.paused and not self._begun:
                self._begun = True
                self._parameters.begin()
            if (args and args[0] is not None) or keywords.get("closure") is not None:
                self._evaluating, self._evaluated = optimizer, False

    def _after_optimizer(self, optimizer: Optimizer, args: tuple[Any, ...], keywords: Any) -> None:
        if self._evaluating is optimizer:
            self._evaluating = None
        if optimizer is self._optimizers[-1]:
            self.end_step()

    def _backward(self, loss: Tensor) -> Callable[[], None]:
        before = self._gradient_versions()

        def after() -> None:
            with self._inspector.noting(StepTensorKey.LOSS), torch.no_grad():
                if loss.numel() == 1 and before != self._gradient_versions():  # else it is of another model
                    self._add_loss(loss.item() / self._scale)

        return after

    @property
    def _scale(self) -> float:
        return 1.0 if self._scaler is None else float(self._scaler.get_scale())

    def _add_loss(self, loss: float) -> None:
        """Losses of one step add up; of those that a closure evaluates, the first is the step's."""
        if self._evaluating is not None:
            if self._evaluated:
                return
            self._evaluated = True
        self._loss = loss + (self._loss or 0.0)

    def _gradient_versions(self) -> list[tuple[int, int] | None]:
        """Another list where a gradient of the model is another, as long as none was freed meanwhile."""
        found: list[tuple[int, int] | None] = []
        for parameter in self._model.parameters():
            gradient = parameter.grad
            counts = gradient is not None and not gradient.is_inference()
            found.append((id(gradient), gradient._version) if gradient is not None and counts else None)
        return found
