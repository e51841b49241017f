"""One training under inspection, which goes on step by step, and back to any step that was done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from ipo.inspector.archive import BadArchive, Saved
from ipo.inspector.capture.disk_ring import DiskRing
from ipo.inspector.capture.finiteness import NotFinite
from ipo.inspector.capture.layers import is_compiled
from ipo.inspector.capture.tensors import StepTensorKey
from ipo.inspector.determinism import one_thread
from ipo.inspector.findings.monitor import FindingsMonitor
from ipo.inspector.findings.observed import ObservedStep, ObservedTraining
from ipo.inspector.training.checkpoints import Checkpoints
from ipo.inspector.training.engine import Checkpoint, Engine, new_inspector
from ipo.inspector.training.replay import Diverged, replay, step_again
from ipo.inspector.training.setup import Setup
from ipo.inspector.training.trainer import Step
from ipo.jobs import SILENT, Progress

_FAST = (nn.TransformerEncoder, nn.TransformerEncoderLayer, nn.MultiheadAttention)  # which hooks would slow


class Run:
    """An engine, what was seen of its steps, and checkpoints to go back to.

    One thread runs it; what the inspector has may be read meanwhile.
    """

    def __init__(
        self, create: Callable[[], Setup], seed: int, budget: int, disk: DiskRing | None = None
    ) -> None:
        setup = create()
        self.inspector = new_inspector(setup, budget, disk)
        self.engine = Engine(setup, seed, self.inspector)
        self.findings = FindingsMonitor(_observed(setup))
        self.checkpoints = Checkpoints()
        self._create, self._seed = create, seed
        self._add_checkpoint()

    @property
    def setup(self) -> Setup:
        return self.engine.setup

    def step(self, *, check: bool) -> NotFinite | None:
        """Take and archive one step; says which of its tensors is the first that is not finite, if one is.

        `check` asserts the identities that the recipe knows of a step.
        """
        step = self.engine.step()
        snapshot = self.inspector.collect() if check and self.setup.check is not None else None
        broken = self.inspector.commit()
        self._look(step, broken)
        if snapshot is not None and self.setup.check is not None and broken is None:
            with one_thread():
                self.setup.check(snapshot)
        return broken

    def add_due_checkpoint(self) -> None:
        """Remember this place, if it is time to."""
        if self.checkpoints.due(self.engine.trainer.index):
            self._add_checkpoint()

    def settle(self, progress: Progress = SILENT, *, at_rest: bool = False) -> None:
        """Go to where the last step ended, also after one that failed half-way.

        `at_rest`: so that a checkpoint holds; a batch that a failed step has drawn is put back. Raises
        `Diverged`.
        """
        if self.engine.astray or (at_rest and not self.engine.at_rest):
            try:
                self.replay(self.inspector.step - 1, progress)
            except Diverged as error:
                raise Diverged(
                    f"A step failed half-way, and the training could not be brought back: {error} "
                    "Set it up afresh."
                ) from error

    def replay(self, n: int, progress: Progress) -> None:
        """Bring the model to where it was after step n, then forget what came later.

        Whatever is raised, everything is as it was, or the engine is astray.
        """
        current = self.engine
        now = current.checkpoint() if current.at_rest else None
        start = self.checkpoints.before(n + 1)
        engine = current
        if start is None or current.astray:  # a step that failed may leave what no checkpoint puts back
            engine = Engine(self._create(), self._seed, self.inspector)
        try:
            if start is not None:
                engine.restore(start)
            again = replay(engine, self.inspector, n, progress)
        except BaseException:
            if engine is not current:
                engine.remove()
            elif now is not None:
                engine.restore(now)
            else:
                engine.astray = True
            raise
        if engine is not current:
            current.remove()
            self.engine = engine
            self.findings.training = _observed(engine.setup)
        self.inspector.forget_after(n)
        self.findings.forget_after(n)
        self.inspector.put_back(again)
        self.checkpoints.forget_after(n + 1)

    def engine_before(self, n: int, progress: Progress) -> Engine:
        """Another engine of the same training, whose next step is step n; this run is not touched.

        Whoever gets it removes it. Raises `IndexError` for a step that was not done, `Cancelled`, `Diverged`.
        """
        if not 0 <= n < self.inspector.step:
            raise IndexError(f"There is no step {n} to explain; {self.inspector.step} were done.")
        engine = Engine(self._create(), self._seed, observed=False)
        try:
            start = self.checkpoints.before(n)
            if start is not None:
                engine.restore(start)
            first = engine.trainer.index
            for index in range(first, n):
                progress.check()
                progress.report((index - first) / (n - first), f"Replaying step {index}")
                step_again(engine, self.inspector, index)
                engine.inspector.discard()
        except BaseException:
            engine.remove()
            raise
        return engine

    def resume(self, saved: Saved, progress: Progress) -> None:
        """Take over what was saved of the same training. Raises `BadArchive` when it is another one."""
        if saved.checkpoint is not None:
            try:
                self.engine.restore(saved.checkpoint)
            except (KeyError, RuntimeError, ValueError, TypeError) as error:
                raise BadArchive(str(error)) from error
        self.inspector.adopt(saved.history, saved.stored, saved.pinned, saved.specs, saved.notes)
        self.findings.adopt(saved.findings)
        if saved.checkpoint is None:
            self.replay(len(saved.history.steps) - 1, progress)
        else:
            self._add_checkpoint()

    def continue_from(self, other: "Run", checkpoint: Checkpoint) -> None:
        """Go on from where another run of the same training is, with the same past."""
        self.engine.restore(checkpoint)
        self.checkpoints = other.checkpoints.copy()
        self.findings.adopt(other.findings.held)
        past = other.inspector
        self.inspector.adopt(
            past.get_history(), past.stored(), past.pinned, past.specs.values(), past.stored_notes()
        )

    def evaluate(self) -> float | None:
        """Loss on images that are not trained on, where the recipe has any; which they are is noted."""
        with _inputs_seen(self.setup.model, self.findings.note_held_out):
            return self.engine.evaluate()

    def close(self) -> None:
        """Take all hooks off the model."""
        self.engine.remove()
        self.checkpoints.clear()

    def _look(self, step: Step, broken: NotFinite | None) -> None:
        """See what is wrong with the step that was archived last."""
        index = self.inspector.step - 1
        snapshot = self.inspector.get_step(index)
        self.findings.look(
            ObservedStep(
                index,
                self.inspector.value(StepTensorKey.LOSS, index),
                snapshot,
                snapshot.notes,
                step.batch,
                step.output,
                step.epoch,
                str(broken) if broken is not None and broken.ends else "",
                str(broken.key) if broken is not None and broken.ends else "",
                snapshot.summaries,
                snapshot.captured,
            )
        )

    def _add_checkpoint(self) -> None:
        checkpoint = self.engine.checkpoint()
        if checkpoint is not None:
            self.checkpoints.add(checkpoint)


def _observed(setup: Setup) -> ObservedTraining:
    found = {
        id(one): one for one in (setup.optimizer, *setup.stateful.values()) if isinstance(one, Optimizer)
    }
    return ObservedTraining.of(setup.model, found.values(), setup.stateful)


@contextmanager
def _inputs_seen(model: nn.Module, see: Callable[[Any], None]) -> Iterator[None]:
    """Within, `see` gets what the model is called with; not where a hook would change what runs."""
    if is_compiled(model) or isinstance(model, _FAST):
        yield
        return

    def called(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        if inputs and not torch.compiler.is_compiling():
            see(inputs[0])

    handle = model.register_forward_pre_hook(called)
    try:
        yield
    finally:
        handle.remove()
