"""One training under inspection: a setup, its loop, and how to put it back to where it was."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ipo.inspector import layers
from ipo.inspector.determinism import Randomness
from ipo.inspector.recipes import Observation, Setup, Stateful
from ipo.inspector.step_inspector import BUDGET, StepInspector
from ipo.inspector.tensors import StepTensorKey
from ipo.inspector.trainer import Step


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the next step depends on."""

    steps: int  # that were done
    epoch: int
    state: Mapping[str, Any]
    randomness: Tensor


def new_inspector(setup: Setup, budget: int = BUDGET) -> StepInspector:
    """An inspector for all tensors that a setup has."""
    return StepInspector(
        layers.specs(setup), budget, sizes=setup.sizes, derivations=layers.derivations(setup)
    )


class Engine:
    """Runs a setup step by step while an inspector watches."""

    def __init__(self, setup: Setup, seed: int, inspector: StepInspector | None = None) -> None:
        self.setup = setup
        self.inspector = inspector or new_inspector(setup)
        self.trainer = setup.trainer()
        self.randomness = Randomness(seed)
        self._observations: list[Observation] = []
        if setup.observe is not None:
            self._observations.append(setup.observe(self.inspector))
        if setup.observe is None or setup.layers is not None:
            self._observations.append(layers.observe(setup, self.inspector))
        self._steps: Iterator[Step] | None = None

    def step(self) -> Step:
        """Take one step; its tensors are then captured, not committed."""
        if self._steps is None:
            self._steps = self.trainer.steps(self._metrics)
        try:
            with self.randomness():
                return next(self._steps)
        except BaseException:
            self._steps = None  # a generator that raised is at its end
            self.inspector.discard()
            raise

    def evaluate(self) -> float | None:
        """Loss on images that are not trained on, where the recipe has any."""
        if self.setup.evaluate is None:
            return None
        with self.randomness(), torch.no_grad():
            return self.setup.evaluate()

    def checkpoint(self) -> Checkpoint | None:
        """Where the training is now; `None` when its loader cannot say where it is."""
        parts = self._stateful()
        if parts is None:
            return None
        state = copy.deepcopy({name: part.state_dict() for name, part in parts.items()})
        return Checkpoint(self.trainer.index, self.trainer.epoch, state, self.randomness.state)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint of the same recipe, bit for bit."""
        parts = self._stateful() or {}
        state = copy.deepcopy(dict(checkpoint.state))  # an optimizer works on what it is given
        for name, part in parts.items():
            part.load_state_dict(state[name])
        self.randomness.state = checkpoint.randomness
        self.trainer.restart_at(checkpoint.steps, checkpoint.epoch)

    def remove(self) -> None:
        """Take all hooks off the model."""
        if self._steps is not None:
            self._steps.close()  # type: ignore[attr-defined]
            self._steps = None
        for handle in (*(h for seen in self._observations for h in seen.handles), *self.setup.hooks):
            handle.remove()

    def _metrics(self, step: Step) -> None:
        for seen in self._observations:
            seen.metrics(step)
        self.inspector.capture(StepTensorKey.LOSS, step.loss, owned=True)

    def _stateful(self) -> Mapping[str, Stateful] | None:
        loader: Any = self.setup.loader
        if not (hasattr(loader, "state_dict") and hasattr(loader, "load_state_dict")):
            return None
        fixed: dict[str, Any] = {
            "model": self.setup.model,
            "optimizer": self.setup.optimizer,
            "loader": loader,
        }
        return fixed | dict(self.setup.stateful)
