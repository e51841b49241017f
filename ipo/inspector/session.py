"""One inspected training: step it, look at any step, go back, fork.

Steps run in whatever thread calls, one at a time. Everything else may be read meanwhile and never waits for
a step.
"""

import logging
import threading
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ipo.inspector import archive
from ipo.inspector.capture.disk_ring import DiskRing
from ipo.inspector.capture.history import History
from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.step_inspector import BUDGET
from ipo.inspector.capture.tensors import TensorSpec
from ipo.inspector.explain.step import StepExplanation, explain_step
from ipo.inspector.findings.monitor import FindingsMonitor
from ipo.inspector.inspected import Inspected
from ipo.inspector.recipes import code
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.state import InspectState, read_state
from ipo.inspector.stopping import Stop, Until, stop_at
from ipo.inspector.summaries.plan import PlanState
from ipo.inspector.training.replay import Diverged, UntilClosed
from ipo.inspector.training.run import Run
from ipo.inspector.training.trainer import LoopEnded
from ipo.jobs import SILENT, Cancelled, Progress

__all__ = ["Diverged", "InspectSession", "TornDown"]

logger = logging.getLogger(__name__)


class TornDown(RuntimeError):
    """The session was torn down and its model is gone. Set up a new one."""


class InspectSession(Inspected):
    """A recipe under a condition with a seed, and all that was seen of it.

    `check` asserts the identities of every step, as debug logs do. Older steps go to `disk_folder`.
    """

    def __init__(
        self,
        recipe: Recipe,
        condition: str | None = None,
        seed: int = 0,
        overrides: Mapping[str, Any] | None = None,
        *,
        budget_bytes: int = BUDGET,
        disk_folder: Path | None = None,
        check: bool | None = None,
    ) -> None:
        self.id = uuid.uuid4().hex
        self.recipe = recipe.name
        self.condition = recipe.default if condition is None else condition
        self.seed = seed
        self.overrides: Mapping[str, Any] = dict(overrides or {})
        self.goal = recipe.goal
        self.remark = ""  # what whoever steps on should know of the past
        self._source = recipe
        self._check = check
        self._stepping = threading.Lock()  # held while the model changes
        self._lock = threading.Lock()  # held while a few numbers change
        self._closing = threading.Event()
        self._running = False
        self._stop: Stop | None = None
        self._version = 0
        create = partial(recipe.setup, self.condition, seed, self.overrides)
        self.disk = None if disk_folder is None else DiskRing(disk_folder)
        self._run: Run | None = Run(create, seed, budget_bytes, self.disk)
        setup = self._run.setup
        self.resource = setup.resource
        self.image_shape = setup.image_shape
        self.class_names = setup.class_names
        self._inspector = self._run.inspector
        self.findings: FindingsMonitor = self._run.findings

    @property
    def sources(self) -> dict[str, str]:
        """The sha256 of the user's files by module: as set up, and of those that steps imported since."""
        at_setup = self._source.sources
        if not at_setup:
            return {}
        return code.source_hashes(self.recipe.partition(":")[0]) | dict(at_setup)

    @property
    def specs(self) -> Mapping[str, TensorSpec]:
        """The tensors that a step of this session has."""
        return self._inspector.specs

    @property
    def sizes(self) -> Mapping[str, int]:
        """Lengths of the named axes that are the same in every step."""
        return dict(self._inspector.sizes)

    @property
    def version(self) -> int:
        """Grows whenever a reader would see something else."""
        return self._version

    @property
    def torn_down(self) -> bool:
        return self._closing.is_set()

    def step(self, n: int = 1, until: Until | None = None, progress: Progress = SILENT) -> InspectState:
        """Take up to `n` steps; fewer where `until` says so, or at a NaN, or where a loss, a gradient or an
        update is infinite: see `state().stop`.

        Raises `Cancelled` between steps; the steps that were done stay. A session that stopped at a NaN, or
        whose loop has ended, takes no further step until it is rewound; one that stopped at an infinity goes
        on when it is stepped again. What a step of the recipe raises is raised; the same step can then be
        tried again.
        """
        with self._stepping:
            run = self._open()
            if self._stop is not None and self._stop.kind in ("nan", "ended"):
                return self.state()
            self._stop, self._running = None, True
            self._changed()
            progress = UntilClosed(progress, self._closing)
            try:
                run.settle(progress)
                for done in range(n):
                    progress.check()
                    progress.report(done / n, f"Step {self._inspector.step}, {done} of {n}")
                    self._stop = self._one(run, until)
                    if self._stop is not None:
                        break
            except LoopEnded as ended:
                self._stop = Stop("ended", f"{ended} Rewind to go on.", self._inspector.step - 1)
            except Cancelled:
                last = self._inspector.step - 1
                self._stop = Stop("cancelled", f"Cancelled after step {last}.", last)
                raise
            finally:
                self._running = False
                self._changed()
        return self.state()

    def state(self) -> InspectState:
        """What there is now; never waits for a step."""
        return read_state(self._inspector, self._stop, self._running)

    def history(self, since: int = 0) -> History:
        """The small tensors of all steps from `since` on."""
        return self._inspector.get_history(since)

    def get_step(self, n: int) -> Snapshot:
        """Every tensor of step n. Raises `Evicted` when it left memory, `IndexError` before it is done."""
        return self._inspector.get_step(n)

    @property
    def plan(self) -> PlanState:
        return self._inspector.plan.state

    def change_plan(self, *, step_bytes: int | None, followed: Sequence[str]) -> None:
        self._inspector.plan.change(budget_bytes=step_bytes, followed=followed)
        self._changed()

    def pin(self, n: int) -> None:
        """Keep step n in memory. Raises `Evicted`, and `ValueError` when pins would fill all memory."""
        self._inspector.pin(n)
        self._changed()

    def unpin(self, n: int) -> None:
        self._inspector.unpin(n)
        self._changed()

    def evaluate(self) -> float | None:
        """Loss on images that are not trained on, where the recipe has any."""
        with self._stepping:
            return self._settled().evaluate()

    def save(self, path: Path) -> None:
        """Write the session to one file, from which `Desk.reopen` goes on. Raises `OSError`."""
        with self._stepping:
            run = self._settled(at_rest=True)
            archive.write(
                path,
                archive.Saved(
                    self.recipe,
                    self.condition,
                    self.seed,
                    {name: value for name, value in self.overrides.items() if name != "data"},
                    self._inspector.get_history(),
                    self._inspector.stored(),
                    self._inspector.pinned,
                    run.engine.checkpoint(),
                    sources=self.sources,
                    specs=tuple(self._inspector.specs.values()),
                    notes=self._inspector.stored_notes(),
                    findings=self.findings.held,
                ),
            )

    def resume(self, saved: archive.Saved, progress: Progress = SILENT) -> None:
        """Take over what was saved of a session of the same recipe, condition, seed and overrides.

        Raises `archive.BadArchive` when the model that it holds is another one.
        """
        with self._stepping:
            try:
                self._open().resume(saved, UntilClosed(progress, self._closing))
            except archive.BadArchive as error:
                raise archive.BadArchive(f"It holds another model than {self.name}: {error}") from error
            self._changed()

    def rewind(self, n: int, progress: Progress = SILENT) -> InspectState:
        """Go back to where step n was the latest (−1: before the first); later steps are forgotten.

        Replays from the last checkpoint before, or from step 0; cancelled, everything stays as it was. Raises
        `IndexError` for a step that was not done and `Diverged` when the replay gives other numbers.
        """
        with self._stepping:
            run = self._open()
            if not -1 <= n < self._inspector.step:
                raise IndexError(f"There is no step {n} to go back to; {self._inspector.step} were done.")
            self._running = True
            self._changed()
            try:
                if n + 1 < self._inspector.step:
                    run.replay(n, UntilClosed(progress, self._closing))
                self._stop = None
            finally:
                self._running = False
                self._changed()
        return self.state()

    def fork(self, progress: Progress = SILENT) -> "InspectSession":
        """A second session that goes on from the same place, with the same past."""
        with self._stepping:
            run = self._settled(progress, at_rest=True)
            twin = InspectSession(
                self._source,
                self.condition,
                self.seed,
                self.overrides,
                budget_bytes=self._inspector.budget,
                disk_folder=None if self.disk is None else self.disk.folder,
                check=self._check,
            )
            twin.change_plan(step_bytes=self.plan.budget, followed=self.plan.followed)
            checkpoint = run.engine.checkpoint()
            if checkpoint is None:
                twin.step(self._inspector.step, progress=progress)
                return twin
            twin._open().continue_from(run, checkpoint)
            twin._stop = self._stop
            return twin

    def explain(self, n: int, progress: Progress = SILENT) -> StepExplanation:
        """What each row and each force did in step n. Raises as `explain_step`."""
        with self._stepping:
            return explain_step(self._settled(progress), n, UntilClosed(progress, self._closing))

    def teardown(self) -> None:
        """Free the model and the history. A step that runs ends first."""
        self._closing.set()
        with self._stepping:
            if self._run is not None:
                self._run.close()
                self._run = None
            self._inspector.clear()
            self.findings.close()
            self._stop = None
            self._changed()

    def _one(self, run: Run, until: Until | None) -> Stop | None:
        """Take and archive one step; says whether it is to be the last."""
        check = logger.isEnabledFor(logging.DEBUG) if self._check is None else self._check
        broken = run.step(check=check)
        if broken is not None and (broken.ends or (until is not None and until.kind == "nan")):
            self._changed()
            return stop_at(broken)
        run.add_due_checkpoint()
        self._changed()
        return None if until is None else until.stop(self._inspector.step - 1, self._inspector.value)

    def _settled(self, progress: Progress = SILENT, *, at_rest: bool = False) -> Run:
        """The run where the last step ended."""
        run = self._open()
        run.settle(UntilClosed(progress, self._closing), at_rest=at_rest)
        return run

    def _open(self) -> Run:
        if self._run is None or self._closing.is_set():
            raise TornDown(f"The session of {self.name} was torn down. Set up a new one.")
        return self._run

    def _changed(self) -> None:
        with self._lock:
            self._version += 1
