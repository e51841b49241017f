"""One training, ready to run: what a recipe returns."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor, nn
from torch.optim import Optimizer

from ipo.inspector.capture.snapshots import Derivation, Snapshot
from ipo.inspector.capture.step_inspector import StepInspector
from ipo.inspector.capture.tensors import TensorSpec
from ipo.inspector.training.trainer import Metrics, Trainer, TrainStep


class Handle(Protocol):
    """A hook that can be taken off again."""

    def remove(self) -> None: ...


class Stateful(Protocol):
    """What a checkpoint must hold besides model and optimizer."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any], /) -> None: ...


@dataclass(frozen=True)
class Observation:
    """What watches a training: hooks, and what is called after each backward."""

    metrics: Metrics
    handles: tuple[Handle, ...] = ()


@dataclass(frozen=True, eq=False)
class Setup:
    """One training, ready to run. Only the first four are needed; the rest makes more of it visible.

    A loader with `state_dict` and `load_state_dict` lets a session rewind from a checkpoint; with any other
    loader it replays from step 0.

    A loop that is not ours is a `step`: a function of the batch that does all that one step does (closure,
    scheduler, clipping, accumulation) and returns the loss. What it changes besides model, optimizer and
    gradients (schedulers, scalers, further optimizers) is to be named in `stateful`.
    """

    model: nn.Module
    loader: Iterable[Any]
    loss: Callable[[Any, Any], Tensor] | None  # (output, batch) → scalar; None with a `step`
    optimizer: Optimizer
    forward: Callable[[nn.Module, Any], Any] | None = None  # (model, batch) → output
    hooks: tuple[Handle, ...] = ()  # that belong to the training itself
    stateful: Mapping[str, Stateful] = field(default_factory=dict)
    observe: Callable[[StepInspector], Observation] | None = None
    specs: Mapping[str, TensorSpec] = field(default_factory=dict)
    derivations: tuple[Derivation, ...] = ()
    layers: tuple[str, ...] | None = None  # layers to capture by name; None: none if observed, else all
    outputs: bool = True  # also what goes out of these layers and what comes back, not only their weights
    sizes: Mapping[str, int] = field(default_factory=dict)
    image_shape: tuple[int, int] | None = None
    class_names: tuple[str, ...] = ()
    evaluate: Callable[[], float] | None = None  # loss on images that are not trained on
    resource: str = "model"  # what is claimed while a session has it
    check: Callable[[Snapshot], None] | None = None  # asserts the identities of one step
    step: TrainStep | None = None  # batch → loss: a whole step of a loop that is not ours
    rolls_back: bool = True  # whether a step that failed can be taken again; else the run is replayed
    settings: Mapping[str, Any] | None = None  # of torch, as they were when it was built

    def trainer(self) -> Trainer:
        return Trainer(self.model, self.loader, self.loss, self.optimizer, self.forward, self.step)
