"""The inspector of this process: its desk, and the work under way on it. Every tab sees the same one."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from background import Background, Job, Lane
from ipo.claims import Claimed
from ipo.datasets import mnist
from ipo.datasets.errors import DatasetDamaged, DatasetError, DatasetMissing
from ipo.inspector.attach.announcements import Offer, offers
from ipo.inspector.attach.remote_session import RemoteSession
from ipo.inspector.recipes import registry
from ipo.inspector.saved_sessions import SavedSession, file_name, list_saved_sessions
from ipo.inspector.service import InspectorService
from ipo.inspector.session import InspectSession
from ipo.inspector.stopping import Until
from ipo.registry import RECIPES
from ipo.services.exclusive_job import ExclusiveJob
from ipo.services.inspector.explanations import Explanations
from ipo.services.inspector.files import InspectionFiles
from ipo.services.inspector.partings import Partings
from ipo.services.recipe_lookup import RecipeLookup

CACHE = Path("cache", "inspector")  # in the project folder: steps that left memory


class InspectionJobs:
    """Starts work on lane `inspect`, one piece at a time, and says what came of the last."""

    def __init__(self, home: Path, background: Background) -> None:
        self.home = home
        self.inspector = InspectorService(disk_folder=home / CACHE)
        self.saved: list[SavedSession] = []
        self.work = ExclusiveJob(background, Lane.INSPECT, self)
        self.files = InspectionFiles(home, self.work)
        self.partings = Partings(self.work)
        self.explanations = Explanations(self.work)
        self.recipes = RecipeLookup(background)
        self._background = background
        self._begun = False
        self._asked: tuple[str, str, int, Mapping[str, Any]] | None = None  # set up last, or tried to
        self._waits_for_mnist = False  # what was asked for last cannot be set up without it
        self._lock = threading.Lock()
        for name, place in RECIPES.items():
            registry.offer(name, place)

    @property
    def version(self) -> Any:
        """Another one whenever something that a page shows may be another."""
        return self.inspector.version, self.work.version, self.recipes.version, self._waits_for_mnist

    @property
    def has_data(self) -> bool:
        """Whether MNIST is there to step on."""
        return mnist.available(self.home)

    def begin(self) -> None:
        """Set up a first session, once in the life of this process: what is torn down stays so."""
        with self._lock:
            if self._begun or self.work.busy:
                return
            self._begun = True
        self.look()
        if self.inspector.main is None:
            recipe = registry.find(registry.names()[0])
            self.setup(recipe.name, recipe.default, 0, {})

    def setup(self, recipe: str, condition: str, seed: int, overrides: Mapping[str, Any]) -> None:
        """A fresh session in the place of those that are here; they stay if it cannot be had.

        Nothing is submitted while the digits that the recipe steps on are missing: see `needs_mnist`.
        """
        self._asked = recipe, condition, seed, overrides
        if self.lacks_mnist(recipe):
            self._waits_for_mnist = True
            return
        request = partial(self.inspector.replace, *self._asked)
        self._start(request, f"Set up a session, condition {condition}")

    def lacks_mnist(self, recipe: str) -> bool:
        """Whether a recipe of the app steps on digits that are not there."""
        if registry.is_code(recipe) or recipe not in registry.names():
            return False
        return registry.find(recipe).needs_mnist and not self.has_data

    @property
    def needs_mnist(self) -> bool:
        """Whether the last work waits or came to nothing because MNIST is not there, or damaged."""
        if self._waits_for_mnist:
            return True
        job = self.work.job
        missing = job is not None and isinstance(job.error, DatasetMissing | DatasetDamaged)
        return missing and bool(self.work.problem)

    @property
    def trainings(self) -> list[Offer]:
        """What scripts of this user offer on this machine, the newest first."""
        return offers()

    @property
    def wanted(self) -> str:
        """The recipe that was set up last, or tried to."""
        return "" if self._asked is None else self._asked[0]

    def set_up_again(self) -> None:
        """Try once more what could not be set up, now that its data may be there."""
        if self.needs_mnist and self._asked is not None:
            self.setup(*self._asked)

    def beside(self, condition: str, overrides: Mapping[str, Any]) -> None:
        """A second session on the same batches, brought to the same step."""
        request = partial(self.inspector.beside, condition, overrides)
        self._start(request, f"Set up a second session, condition {condition}")

    def fork(self) -> None:
        """Go on twice from here."""
        self.work.start(self.inspector.fork, "Fork")

    def step(self, n: int, until: Until | None = None) -> Job | None:
        """Step every session here by `n` batches, or until something happens; not while other work is."""
        main = self.inspector.main
        if main is None:
            return None
        expected = () if main.replays else (OSError, ValueError)  # it may leave at any time
        request = partial(self.inspector.step, n, until)
        return self.work.start(request, "Step" if n == 1 else f"Step ×{n}", expected)

    def connect(self, url: str, token: str) -> None:
        """A training that another process offers, in the place of the sessions that are here."""
        self._start(partial(self.inspector.connect, url, token), f"Look into the training at {url}")

    def hold(self, training: RemoteSession, held: bool) -> None:
        """Have a training wait after its step, or run."""
        label = "Hold the training" if held else "Let the training run"
        self._start(training.hold if held else training.release, label)

    def rewind(self, session: InspectSession, step: int) -> None:
        """Go back to where a step was the latest; later steps are forgotten."""
        self.work.start(partial(session.rewind, step), f"Rewind to step {step}")

    def teardown(self, which: str | None = None) -> None:
        """Let go of a session, or of all."""
        self.work.start(partial(self.inspector.teardown, which), "Tear down")

    def save(self, session: InspectSession) -> None:
        """Keep a session in the project folder, under its name and the time."""
        name = file_name(session.condition, session.seed, session.state().steps, datetime.now())

        def work() -> None:
            session.save(self._folder / name)
            self._look()

        self.work.start(work, "Save the session")

    def reopen(self, saved: SavedSession, trusted: str | None) -> None:
        """Put a saved session in the place of those that are here; they stay if it cannot be opened.

        `trusted` is the recipe that the user named. A file runs no other code than that and the app's own.
        """
        recipe = saved.recipe if saved.recipe == trusted else None
        self._start(partial(self.inspector.reopen, saved.path, recipe=recipe), f"Reopen {saved.path.stem}")

    def can_reopen(self, saved: SavedSession, trusted: str | None) -> bool:
        """Whether its recipe is the app's own, or the one that the user named."""
        return saved.header is None or saved.recipe == trusted or saved.recipe in registry.names()

    def look(self) -> None:
        """See which sessions were saved; `saved` has them soon."""
        self._background.submit(Lane.INSPECT, self._look, label="list saved sessions")

    @property
    def _folder(self) -> Path:
        return self.home / "inspector"

    def _look(self) -> None:
        self.saved = list_saved_sessions(self._folder)

    def _start(self, work: Callable[..., Any], label: str) -> None:
        """What is expected to go wrong says enough without a traceback."""
        self._waits_for_mnist = False
        self.work.start(work, label, (Claimed, DatasetError, OSError, ValueError))
