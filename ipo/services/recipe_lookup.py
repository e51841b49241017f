"""Recipes by name, for pages. What a user's module does takes any time: it is imported on lane `inspect`."""

import threading
from functools import partial

from background import Background, Job, JobStatus, Lane
from ipo.error_text import error_text
from ipo.inspector.recipes import registry
from ipo.inspector.recipes.code import RecipeError
from ipo.inspector.recipes.recipe import Recipe


class RecipeLookup:
    """Knows what was found under each name, until the files that it came from are others."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._known: dict[str, Recipe | RecipeError] = {}
        self._jobs: dict[str, Job] = {}  # the last lookup of each name
        self._version = 0
        self._lock = threading.RLock()  # a job that has ended at once ends where it is submitted

    @property
    def version(self) -> int:
        """Grows whenever another answer is known."""
        return self._version

    def find(self, name: str) -> Recipe | None:
        """What is known under a name, `None` while nothing is; whether it still holds is looked up meanwhile.

        Raises what `registry.find` raises.
        """
        if not registry.is_code(name):
            return registry.find(name)
        known = self._known.get(name)
        self._submit(name)
        if isinstance(known, RecipeError):
            raise known
        return known

    def refresh(self, name: str, seconds: float) -> None:
        """Forget that nothing was to be had, look again, and wait a moment for the answer. For callbacks."""
        if not registry.is_code(name):
            return
        with self._lock:
            if isinstance(self._known.get(name), RecipeError):
                del self._known[name]
                self._version += 1
        self._submit(name).wait(seconds)

    def _submit(self, name: str) -> Job:
        with self._lock:
            job = self._jobs.get(name)
            if job is None or not job.in_flight:
                job = self._jobs[name] = self._background.submit(
                    Lane.INSPECT,
                    partial(self._look_up, name),
                    on_done=partial(self._adopt, name),
                    on_end=partial(self._end, name),
                    label=f"Read {name}",
                )
            return job

    def _look_up(self, name: str) -> Recipe | RecipeError:
        known = self._known.get(name)
        if isinstance(known, RecipeError) and not known.outdated:
            return known
        try:
            return registry.find(name)
        except RecipeError as error:
            return error

    def _adopt(self, name: str, found: Recipe | RecipeError) -> None:
        with self._lock:
            if not _same(self._known.get(name), found):
                self._version += 1
            self._known[name] = found

    def _end(self, name: str, job: Job) -> None:
        """A lookup that failed by itself is an answer too; otherwise every drawing would try again."""
        if job.status == JobStatus.ERROR and job.error is not None:
            self._adopt(name, RecipeError(f"{name} cannot be read: {error_text(job.error)}"))


def _same(known: Recipe | RecipeError | None, found: Recipe | RecipeError) -> bool:
    if isinstance(known, Recipe) and isinstance(found, Recipe):
        return known.sources == found.sources
    return type(known) is type(found) and str(known) == str(found)
