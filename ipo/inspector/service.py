"""The inspection of one process: a session, and beside it a second one on the same batches."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ipo import claims
from ipo.inspector import archive
from ipo.inspector.attach.remote_session import RemoteSession
from ipo.inspector.capture.step_inspector import BUDGET
from ipo.inspector.inspected import Inspected
from ipo.inspector.recipes import registry
from ipo.inspector.session import Diverged, InspectSession
from ipo.inspector.state import InspectState
from ipo.inspector.stopping import Until
from ipo.jobs import SILENT, Progress

RESOURCE = "the inspector"
BATCHES = ("batch_size", "data")  # overrides that change what the batches are


class NotSetUp(RuntimeError):
    """There is no session. Set one up first."""


class InspectorService:
    """Owns `main` and `other`. Of all desks of a process one has sessions at a time."""

    def __init__(
        self,
        owner: str = "the Inspect page",
        budget_bytes: int = BUDGET,
        disk_folder: Path | None = None,
    ) -> None:
        """`disk_folder`: where steps of sessions go that leave memory; without, they are gone."""
        self.owner = owner
        self.budget_bytes = budget_bytes
        self.disk_folder = disk_folder
        self.main: Inspected | None = None
        self.other: InspectSession | None = None
        self._claims: list[claims.Claim] = []
        self._version = 0
        self._lock = threading.RLock()

    @property
    def version(self) -> int:
        """Grows whenever a session comes or goes."""
        return self._version

    @property
    def session(self) -> InspectSession:
        """`main`. Raises `NotSetUp` without one, or where it is a training of another process."""
        if self.main is None:
            raise NotSetUp("There is no session. Set one up first.")
        if not isinstance(self.main, InspectSession):
            raise NotSetUp(
                f"{self.main.name} runs in another process: it only goes on. Set a session up first."
            )
        return self.main

    def setup(
        self,
        recipe: str = "autoencoder_bcl",
        condition: str | None = None,
        seed: int = 0,
        overrides: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> InspectSession:
        """A new session as `main`; `more` are further overrides.

        Raises `Claimed` while there is one or its model is trained elsewhere, `ValueError` for a recipe,
        condition or override that does not exist, and what the recipe raises.
        """
        with self._lock:
            held = claims.claim(RESOURCE, self._named(recipe, condition, seed))
            try:
                session = self._create(recipe, condition, seed, {**(overrides or {}), **more})
                self._claims = [held, claims.claim(session.resource, f"{self.owner}: {session.name}")]
            except BaseException:
                held.release()
                raise
            self.main = session
            self._version += 1
            return session

    def replace(
        self,
        recipe: str = "autoencoder_bcl",
        condition: str | None = None,
        seed: int = 0,
        overrides: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> InspectSession:
        """`setup` in the place of the sessions that are here. They stay where that is refused or fails."""
        session = self._create(recipe, condition, seed, {**(overrides or {}), **more})
        self._put(session)
        return session

    def connect(self, url: str, token: str) -> RemoteSession:
        """A training that another process offers, in the place of the sessions that are here.

        Raises `Unreachable` where none answers, `Refused` for a wrong token, `ValueError` for what is no
        address; then the sessions that are here stay.
        """
        session = RemoteSession(url, token, self.budget_bytes)
        self._put(session)
        return session

    def reopen(
        self, path: Path, *, recipe: str | None = None, progress: Progress = SILENT, **overrides: Any
    ) -> InspectSession:
        """A saved session in the place of those that are here, ready for its next step.

        `overrides`: what no file holds, as `data`. Only registered recipes are run because a file names them;
        for one of `package.module:function` say so in `recipe`. Raises `Claimed`, `BadArchive`, and `OSError`
        for a file that cannot be read; then the sessions that are here stay.
        """
        saved = archive.read(path)
        if recipe is None and saved.recipe not in registry.names():
            raise archive.BadArchive(
                f"{path} was made with {saved.recipe!r}, which is not registered. If you trust it, name it: "
                f"reopen(path, recipe={saved.recipe!r})."
            )
        session = self._create(
            recipe or saved.recipe, saved.condition, saved.seed, {**saved.overrides, **overrides}
        )
        try:
            session.resume(saved, progress)
        except Diverged as error:
            session.teardown()
            changed = _changed_modules(saved.sources, session.sources)
            if not changed:
                raise
            raise archive.BadArchive(
                f"{path} was saved by other code than there is now: {changed} changed, and replaying it "
                "gives other numbers."
            ) from error
        except BaseException:
            session.teardown()
            raise
        changed = _changed_modules(saved.sources, session.sources)
        if changed:
            session.remark = (
                f"{changed} changed since this session was saved: its steps are of the code of then, "
                "the next ones of the code of now."
            )
        self._put(session)
        return session

    def beside(
        self,
        condition: str | None = None,
        overrides: Mapping[str, Any] | None = None,
        *,
        progress: Progress = SILENT,
        catch_up: bool = True,
        **more: Any,
    ) -> InspectSession:
        """A second session as `other` on the same batches; overrides come on top of those of `main`.

        Catches up with the steps of `main` unless told not to; cancelled, the steps that were done stay.
        """
        with self._lock:
            main = self.session
            asked = {**(overrides or {}), **more}
            for name in BATCHES:
                if name in asked:
                    raise ValueError(
                        f"{name} would give other batches; leave it out, or set up a session of its own."
                    )
            wanted: Mapping[str, Any] = {**main.overrides, **asked}
            session = self._create(main.recipe, condition or main.condition, main.seed, wanted)
            self.teardown("other")
            self.other = session
            self._version += 1
        if catch_up and main.state().steps:
            session.step(main.state().steps, progress=progress)
        return session

    def fork(self, progress: Progress = SILENT) -> InspectSession:
        """A second session as `other` that goes on from where `main` is, with the same past."""
        main = self.session
        session = main.fork(progress)
        with self._lock:
            self.teardown("other")
            self.other = session
            self._version += 1
        return session

    def step(self, n: int = 1, until: Until | None = None, progress: Progress = SILENT) -> InspectState:
        """Step `main`, then `other` up to the same step."""
        main = self.main or self.session
        state = main.step(n, until, progress)
        if self.other is not None:
            behind = state.steps - self.other.state().steps
            if behind > 0:
                self.other.step(behind, progress=progress)
        return state

    def teardown(self, which: str | None = None) -> None:
        """End `main`, `other`, or both. Without a session it does nothing; `other` ends with `main`."""
        if which not in ("main", "other", None):
            raise ValueError(f"{which!r} is not a session of the desk; main, other or None would be right.")
        with self._lock:
            ending: list[Inspected | None] = [self.other] if which == "other" else [self.main, self.other]
            for session in ending:
                if session is not None:
                    session.teardown()
                    self._version += 1
            self.other = None
            if which != "other":
                self.main = None
                for claim in self._claims:
                    claim.release()
                self._claims = []

    def _put(self, session: Inspected) -> None:
        """Have a session as `main`, alone. Raises `Claimed`, and ends it, where another has its model."""
        with self._lock:
            named = f"{self.owner}: {session.name}"
            wanted = [RESOURCE, session.resource]
            retained = [claim for claim in self._claims if claim.resource in wanted]
            held = {claim.resource for claim in retained}
            new: list[claims.Claim] = []
            try:
                for resource in wanted:
                    if resource not in held:
                        new.append(claims.claim(resource, named))
            except claims.Claimed:
                for claim in new:
                    claim.release()
                session.teardown()
                raise
            for claim in retained:
                claim.owner = named
            self._claims = [claim for claim in self._claims if claim not in retained]
            self.teardown()
            self.main, self._claims = session, [*retained, *new]
            self._version += 1

    def _create(
        self, recipe: str, condition: str | None, seed: int, overrides: Mapping[str, Any]
    ) -> InspectSession:
        return InspectSession(
            registry.find(recipe),
            condition,
            seed,
            overrides,
            budget_bytes=self.budget_bytes,
            disk_folder=self.disk_folder,
        )

    def _named(self, recipe: str, condition: str | None, seed: int) -> str:
        return f"{self.owner}: {recipe}, condition {condition or registry.find(recipe).default}, seed {seed}"


def _changed_modules(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Names of modules that both know and that have other files."""
    return ", ".join(sorted(name for name in before.keys() & now.keys() if before[name] != now[name]))
