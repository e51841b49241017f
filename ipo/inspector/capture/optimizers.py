"""Learning rates of optimizers, and what they remember of each parameter, such as the moments of Adam.

(optimizer)/learning_rate, (optimizer)/learning_rate.1     by group; (optimizer 2)/… of the second one
enc/weight_state.exp_avg                                   of a parameter, as the step left it
"""

from collections.abc import Iterable, Iterator

from torch import Tensor
from torch.optim import Optimizer

from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import Phase, Renderer, Retention, Scale, TensorSpec


def learning_rate_key(optimizer: int, group: int) -> str:
    """The key of a rate, by the places of its optimizer and its group."""
    number = "" if optimizer == 0 else f" {optimizer + 1}"
    return f"(optimizer{number})/learning_rate" + ("" if group == 0 else f".{group}")


class LearningRateWatch:
    """Takes the learning rate of every group as its optimizer steps."""

    def __init__(self, optimizers: Iterable[Optimizer], inspector: StepInspector) -> None:
        self._places = {id(one): place for place, one in enumerate(optimizers)}
        self._inspector = inspector

    def take(self, optimizer: Optimizer) -> None:
        place = self._places[id(optimizer)]
        for group, settings in enumerate(optimizer.param_groups):
            key = learning_rate_key(place, group)
            with self._inspector.noting(key):
                self._inspector.declare(_rate_spec(key))
                self._inspector.capture_scalar(key, float(settings["lr"]))


def remembered(optimizer: Optimizer, parameter: Tensor) -> Iterator[tuple[str, Tensor]]:
    """What an optimizer keeps of a parameter by name, as far as it has axes: counts of steps are left out.

    So is what is longer than the parameter, as LBFGS keeps of all of them together with the first.
    """
    for name, value in optimizer.state.get(parameter, {}).items():
        if isinstance(value, Tensor) and value.dim() and value.numel() <= parameter.numel():
            yield str(name), value


def _rate_spec(key: str) -> TensorSpec:
    label = key.removeprefix("(").replace(")/", " ").replace("_", " ").capitalize()
    return TensorSpec(key, (), Phase.PRE_STEP, Retention.HISTORY, Renderer.SCALAR, Scale.SEQUENTIAL, label)
