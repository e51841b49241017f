"""The inspector of this process: its desk, and the work under way on it. Every tab sees the same one."""

import threading
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from background import Background, Lane
from ipo.claims import Claimed
from ipo.datasets import mnist
from ipo.inspector import archive, recipes
from ipo.inspector.desk import Desk
from ipo.inspector.session import InspectSession
from ipo.inspector.views import Until
from ipo.registry import RECIPES
from ipo.ui.one_job import OneJob


class Inspecting:
    """Starts work on lane `inspect`, one piece at a time, and says what came of the last."""

    def __init__(self, home: Path, background: Background) -> None:
        self.home = home
        self.desk = Desk()
        self.saved: list[Path] = []
        self.work = OneJob(background, Lane.INSPECT, self)
        self._background = background
        self._begun = False
        self._lock = threading.Lock()
        for name, place in RECIPES.items():
            recipes.offer(name, place)

    @property
    def version(self) -> Any:
        """Another one whenever something that a page shows may be another."""
        return self.desk.version, self.work.version

    @property
    def has_data(self) -> bool:
        """Whether MNIST is there to step on."""
        return mnist.available(self.home)

    def begin(self) -> None:
        """Set up a first session, once in the life of this process: what is torn down stays so."""
        with self._lock:
            if self._begun or self.work.busy or not self.has_data:
                return
            self._begun = True
        self.look()
        if self.desk.main is None:
            recipe = recipes.find(recipes.names()[0])
            self.setup(recipe.name, recipe.default, 0, {})

    def setup(self, recipe: str, condition: str, seed: int, overrides: Mapping[str, Any]) -> None:
        """A fresh session in the place of those that are here; they stay if it cannot be had."""
        self.work.start(
            partial(self.desk.replace, recipe, condition, seed, **overrides), f"Set up {condition}"
        )

    def beside(self, condition: str, overrides: Mapping[str, Any]) -> None:
        """A second session on the same batches, brought to the same step."""
        self.work.start(
            partial(self.desk.beside, condition=condition, **overrides), f"Set up {condition} beside"
        )

    def fork(self) -> None:
        """Go on twice from here."""
        self.work.start(self.desk.fork, "Fork")

    def step(self, n: int, until: Until | None = None) -> None:
        """Step every session here by `n` batches, or until something happens."""
        self.work.start(partial(self.desk.step, n, until), "Step" if n == 1 else f"Step ×{n}")

    def rewind(self, session: InspectSession, step: int) -> None:
        """Go back to where a step was the latest; later steps are forgotten."""
        self.work.start(partial(session.rewind, step), f"Rewind to step {step}")

    def teardown(self, which: str | None = None) -> None:
        """Let go of a session, or of all."""
        self.work.start(partial(self.desk.teardown, which), "Tear down")

    def save(self, session: InspectSession) -> None:
        """Keep a session in the project folder, under its name and the time."""
        at = f"{datetime.now():%Y-%m-%d %H.%M.%S}"
        name = f"{session.condition} seed {session.seed}, {session.state().steps} steps, {at}"

        def work() -> None:
            session.save(self._folder / f"{name}.npz")
            self._look()

        self.work.start(work, "Save the session")

    def reopen(self, path: Path) -> None:
        """Put a saved session in the place of those that are here; they stay if it cannot be opened."""
        work = partial(self.desk.reopen, path)
        self.work.start(work, f"Reopen {path.stem}", expected=(Claimed, archive.BadArchive))

    def look(self) -> None:
        """See which sessions were saved; `saved` has them soon."""
        self._background.submit(Lane.INSPECT, self._look, label="list saved sessions")

    @property
    def _folder(self) -> Path:
        return self.home / "inspector"

    def _look(self) -> None:
        self.saved = sorted(self._folder.glob("*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
