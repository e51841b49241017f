"""One training under inspection, which goes on step by step, and back to any step that was done."""

from collections.abc import Callable

from ipo.inspector.archive import BadArchive, Saved
from ipo.inspector.capture.finiteness import NotFinite
from ipo.inspector.determinism import one_thread
from ipo.inspector.training.checkpoints import Checkpoints
from ipo.inspector.training.engine import Checkpoint, Engine, new_inspector
from ipo.inspector.training.replay import Diverged, replay
from ipo.inspector.training.setup import Setup
from ipo.jobs import SILENT, Progress


class Run:
    """An engine, what was seen of its steps, and checkpoints to go back to.

    One thread runs it; what the inspector has may be read meanwhile.
    """

    def __init__(self, create: Callable[[], Setup], seed: int, budget: int) -> None:
        setup = create()
        self.inspector = new_inspector(setup, budget)
        self.engine = Engine(setup, seed, self.inspector)
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
        self.engine.step()
        snapshot = self.inspector.collect() if check and self.setup.check is not None else None
        broken = self.inspector.commit()
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
        self.inspector.forget_after(n)
        self.inspector.put_back(again)
        self.checkpoints.forget_after(n + 1)

    def resume(self, saved: Saved, progress: Progress) -> None:
        """Take over what was saved of the same training. Raises `BadArchive` when it is another one."""
        if saved.checkpoint is not None:
            try:
                self.engine.restore(saved.checkpoint)
            except (KeyError, RuntimeError, ValueError, TypeError) as error:
                raise BadArchive(str(error)) from error
        self.inspector.adopt(saved.history, saved.stored, saved.pinned, saved.specs, saved.notes)
        if saved.checkpoint is None:
            self.replay(len(saved.history.steps) - 1, progress)
        else:
            self._add_checkpoint()

    def continue_from(self, other: "Run", checkpoint: Checkpoint) -> None:
        """Go on from where another run of the same training is, with the same past."""
        self.engine.restore(checkpoint)
        self.checkpoints = other.checkpoints.copy()
        past = other.inspector
        self.inspector.adopt(
            past.get_history(), past.stored(), past.pinned, past.specs.values(), past.stored_notes()
        )

    def close(self) -> None:
        """Take all hooks off the model."""
        self.engine.remove()
        self.checkpoints.clear()

    def _add_checkpoint(self) -> None:
        checkpoint = self.engine.checkpoint()
        if checkpoint is not None:
            self.checkpoints.add(checkpoint)
