"""One training under inspection: a setup, its loop, and how to put it back to where it was."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from ipo.inspector.capture.disk_ring import DiskRing
from ipo.inspector.capture.step_inspector import BUDGET, StepInspector
from ipo.inspector.capture.watch import Watch, first_specs
from ipo.inspector.determinism import Randomness, keeping_modes
from ipo.inspector.summaries.plan import CapturePlan
from ipo.inspector.training.rollback import Rollback
from ipo.inspector.training.setup import Observation, Setup, Stateful
from ipo.inspector.training.trainer import LoopEnded, Step

_GRADIENTS = "gradients"  # of a setup whose steps may go on with those of the step before


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the next step depends on."""

    steps: int  # that were done
    epoch: int
    state: Mapping[str, Any]
    randomness: Mapping[str, Any]


def new_inspector(setup: Setup, budget: int = BUDGET, disk: DiskRing | None = None) -> StepInspector:
    """An inspector for all tensors that a setup has. Steps that leave memory go to `disk`."""
    return StepInspector(
        first_specs(setup),
        budget,
        sizes=setup.sizes,
        derivations=setup.derivations,
        plan=CapturePlan(),
        disk=disk,
    )


class Engine:
    """Runs a setup step by step while an inspector watches.

    A step is a function of state, batch and random numbers. Where one fails all three are put back as they
    were; where that cannot be, the engine is `astray` until it is restored.
    """

    def __init__(
        self, setup: Setup, seed: int, inspector: StepInspector | None = None, *, observed: bool = True
    ) -> None:
        """Without `observed`, what the recipe would capture itself is not."""
        self.setup = setup
        self.inspector = inspector or new_inspector(setup)
        self.trainer = setup.trainer()
        self.randomness = Randomness(seed, setup.settings)
        self.astray = False
        self._watch = Watch(setup, self.inspector)
        self._rollback = Rollback(self._parts(), gradients=setup.step is not None)
        self._observation: Observation | None = None
        if observed and setup.observe is not None:
            self._observation = setup.observe(self.inspector)
        self._steps: Iterator[Step] | None = None

    @property
    def at_rest(self) -> bool:
        """Whether a checkpoint of now would be one between two steps."""
        return not (self.astray or self.trainer.has_drawn)

    def step(self) -> Step:
        """Take one step; its tensors are then captured, not committed."""
        if self._steps is None:
            self._steps = self.trainer.steps(self._metrics)
        noted = False
        try:
            with self.randomness():
                self._rollback.note(self.trainer.draw())
                noted = True
                self.randomness.mark()
                with self._watch():
                    step = next(self._steps)
                self._watch.take_loss(step.loss)
                return step
        except LoopEnded:
            self._steps = None
            self.inspector.discard()
            raise
        except BaseException:
            self._steps = None  # a generator that raised is at its end
            self.astray = not (noted and self.setup.rolls_back and self._rollback.undo())
            self.inspector.discard()
            raise

    def evaluate(self) -> float | None:
        """Loss on images that are not trained on, where the recipe has any. Changes no mode or sequence."""
        if self.setup.evaluate is None:
            return None
        modules = [part for part in self._parts().values() if isinstance(part, nn.Module)]
        with self.randomness.aside(), torch.no_grad(), keeping_modes(*modules):
            return float(self.setup.evaluate())

    def checkpoint(self) -> Checkpoint | None:
        """Where the training is now; `None` where its loader or its layers cannot say where they are."""
        loader: Any = self.setup.loader
        if not (hasattr(loader, "state_dict") and hasattr(loader, "load_state_dict")):
            return None
        if any(is_lazy(parameter) for parameter in self.setup.model.parameters()):
            return None
        parts: Mapping[str, Stateful] = {"loader": loader} | self._parts()
        state = copy.deepcopy({name: part.state_dict() for name, part in parts.items()})
        if self.setup.step is not None:
            state[_GRADIENTS] = {
                name: parameter.grad.detach().clone()
                for name, parameter in self.setup.model.named_parameters()
                if parameter.grad is not None
            }
        return Checkpoint(self.trainer.index, self.trainer.epoch, state, self.randomness.state)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint of the same recipe, bit for bit."""
        parts: Mapping[str, Any] = {"loader": self.setup.loader} | self._parts()
        state = copy.deepcopy(dict(checkpoint.state))  # an optimizer works on what it is given
        gradients: Mapping[str, Tensor] = state.get(_GRADIENTS, {})
        for name, part in parts.items():
            part.load_state_dict(state[name])
        for name, parameter in self.setup.model.named_parameters():
            parameter.grad = gradients.get(name)
        self.randomness.state = checkpoint.randomness
        self.trainer.restart_at(checkpoint.steps, checkpoint.epoch)
        self.astray = False

    def remove(self) -> None:
        """Take all hooks off the model."""
        if self._steps is not None:
            self._steps.close()  # type: ignore[attr-defined]
            self._steps = None
        self._rollback.remove()
        handles = () if self._observation is None else self._observation.handles
        for handle in (*handles, *self.setup.hooks):
            handle.remove()

    def _metrics(self, step: Step) -> None:
        self._watch.take_batch(step)
        if self._observation is not None:
            with self.inspector.noting("observe"):
                self._observation.metrics(step)

    def _parts(self) -> dict[str, Stateful]:
        """What a step changes besides the place in the loader."""
        model: Any = self.setup.model
        optimizer: Any = self.setup.optimizer
        return {"model": model, "optimizer": optimizer} | dict(self.setup.stateful)
