"""A training that another process runs, as this one sees it."""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from ipo.inspector.attach.connection import Connection, Refused, Unreachable, step_path
from ipo.inspector.attach.remote_history import RemoteHistory
from ipo.inspector.attach.remote_state import RemoteState, parse_specs, parse_state
from ipo.inspector.attach.remote_tensors import LookedAt, RemoteTensors
from ipo.inspector.capture.history import History
from ipo.inspector.capture.snapshots import Evicted, Snapshot
from ipo.inspector.capture.step_inspector import BUDGET
from ipo.inspector.capture.tensors import TensorSpec
from ipo.inspector.inspected import Inspected
from ipo.inspector.recipes.recipe import Recipe
from ipo.inspector.state import InspectState
from ipo.inspector.stopping import Until
from ipo.inspector.summaries.plan import PlanState, checked_budget
from ipo.jobs import SILENT, Cancelled, Progress

RECIPE = "attached"  # what stands where other sessions have the name of their recipe

_NEWS_SECONDS = 3  # that the other side waits for news before it answers
_RETRY_SECONDS = 1.0
_STEP_SECONDS = 0.25  # between two looks at whether stepping was cancelled


class RemoteSession(Inspected):
    """Follows a training until it is torn down. Nothing but numbers travels before somebody looks.

    Raises `Unreachable`, `Refused` for a wrong token, `ValueError` for what is no address.
    """

    replays = False  # the training is another process's: it only goes on

    def __init__(self, url: str, token: str, budget_bytes: int = BUDGET) -> None:
        self._connection = Connection(url, token)
        self._now = self._fetched_state()
        self.id = self._now.id
        self.recipe, self.condition, self.seed = RECIPE, self._now.name, 0
        self.overrides: Mapping[str, Any] = {}
        self.goal = Recipe.goal
        self.remark = ""
        self.resource = f"training:{self.id}"
        self.image_shape: tuple[int, int] | None = None
        self.class_names: tuple[str, ...] = ()
        self._budget = budget_bytes
        self._specs: Mapping[str, TensorSpec] = {}
        self._specs_version = -1
        self._history = RemoteHistory(self._connection)
        self._looked = LookedAt()
        self._snapshots: OrderedDict[int, Snapshot] = OrderedDict()
        self._tensors: dict[int, RemoteTensors] = {}
        self._version = 0
        self._reachable = True
        self._closing = threading.Event()
        self._news = threading.Condition()
        self._lock = threading.Lock()
        self._adopt(self._now)
        self._follower = threading.Thread(target=self._follow, name=f"follow {url}", daemon=True)
        self._follower.start()

    @property
    def name(self) -> str:
        return f"{self.condition} at {self._connection.url}"

    @property
    def specs(self) -> Mapping[str, TensorSpec]:
        return self._specs

    @property
    def sizes(self) -> Mapping[str, int]:
        return self._now.sizes

    @property
    def version(self) -> int:
        return self._version

    @property
    def url(self) -> str:
        return self._connection.url

    @property
    def held(self) -> bool:
        """Whether it waits after a step for being let go."""
        return self._now.held

    @property
    def there(self) -> bool:
        """Whether the training goes on and answers."""
        return self._reachable and not self._now.over

    def state(self) -> InspectState:
        now = self._now
        running = self.there and not now.waiting
        return InspectState(
            now.steps,
            now.steps - 1 if now.steps else None,
            now.retained if self.there else tuple(sorted(self._snapshots)),
            now.pinned,
            now.nbytes,
            now.budget,
            now.stop,
            now.loss,
            None,
            None,
            running,
            now.notes,
        )

    def step(self, n: int = 1, until: Until | None = None, progress: Progress = SILENT) -> InspectState:
        """Let it take up to `n` steps, then hold it. Raises `Cancelled`, which holds it; `Unreachable`."""
        first = self._now.steps
        wanted = None if until is None else {"kind": until.kind, "threshold": until.threshold}
        self._act("step", {"n": n, "until": wanted})
        try:
            while not self._has_stopped(first + n):
                progress.check()
                done = self._now.steps - first
                progress.report(done / n, f"Step {self._now.steps}, {done} of {n}")
                with self._news:
                    self._news.wait_for(lambda: self._has_stopped(first + n), _STEP_SECONDS)
        except Cancelled:
            self.hold()
            raise
        if not self.there:
            raise Unreachable(self.remark)
        return self.state()

    def hold(self) -> None:
        """Have it wait after the step that is under way. Raises `Unreachable`."""
        self._act("hold", {})

    def release(self) -> None:
        """Let it run. Raises `Unreachable`."""
        self._act("release", {})

    def history(self, since: int = 0) -> History:
        return self._history.since(since)

    def get_step(self, n: int) -> Snapshot:
        """Its tensors travel when they are read. Of a training that has left, those are here that did."""
        with self._lock:
            known = self._snapshots.get(n)
            if known is not None:
                self._snapshots.move_to_end(n)
                if self.there:
                    return known
                return Snapshot(n, self._tensors[n].fetched(), self._specs, {}, known.notes)
        if not self.there:
            raise Evicted(f"Step {n} was not looked at before the training left.")
        try:
            found = self._connection.get(step_path(n))
        except Unreachable as error:
            self._lost(error)
            raise Evicted(f"Step {n} cannot be had: {error}") from error
        tensors = RemoteTensors(self._connection, n, tuple(map(str, found.get("keys", ()))), self._looked)
        notes = {str(key): str(why) for key, why in dict(found.get("notes", {})).items()}
        with self._lock:
            self._tensors[n] = tensors
            self._snapshots[n] = snapshot = Snapshot(n, tensors, self._specs, {}, notes)
            self._let_go()
        return snapshot

    @property
    def plan(self) -> PlanState:
        return self._now.plan

    def change_plan(self, *, step_bytes: int | None, followed: Sequence[str]) -> None:
        """Raises `Unreachable`."""
        self._act("plan", {"step_bytes": checked_budget(step_bytes), "followed": list(followed)})

    def pin(self, n: int) -> None:
        self._act("pin", {"step": n, "pinned": True})

    def unpin(self, n: int) -> None:
        self._act("pin", {"step": n, "pinned": False})

    def teardown(self) -> None:
        """Look no longer, and let the training run."""
        if self._closing.is_set():
            return
        if self.there and self.held:
            with contextlib.suppress(OSError, ValueError):  # it is gone, or goes on by itself soon
                self.release()
        self._closing.set()
        with self._lock:
            self._snapshots.clear()
            self._tensors.clear()

    def _has_stopped(self, target: int) -> bool:
        now = self._now
        waits = now.waiting and (now.steps >= target or now.stop is not None)
        return waits or not self.there or not now.held

    def _act(self, what: str, body: dict[str, Any]) -> None:
        try:
            answer = self._connection.post(f"/attached/{what}", body)
        except Unreachable as error:
            self._lost(error)
            raise
        self._adopt(parse_state(answer))

    def _follow(self) -> None:
        """Ask for news until the training is over or nobody looks any longer."""
        while not self._closing.is_set() and not self._now.over:
            try:
                found = self._fetched_state(self._now.version, _NEWS_SECONDS)
                if found.id != self.id:
                    raise Refused("another training answers there now")
                self._adopt(found)
            except (Unreachable, Refused) as error:
                self._lost(error)
                if self._closing.wait(_RETRY_SECONDS):
                    return

    def _fetched_state(self, known: int = 0, seconds: int = 0) -> RemoteState:
        try:
            found = self._connection.get("/attached/state", wait=seconds, known=known, seconds=seconds)
        except LookupError as error:
            raise Refused(f"What answers at {self.url} is no attached training.") from error
        return parse_state(found)

    def _adopt(self, now: RemoteState) -> None:
        """Show where the training is, with all numbers until there: they are here when it leaves."""
        self._history.fetch(now.steps)
        if now.specs_version != self._specs_version:
            found = self._connection.get("/attached/specs")
            self._specs, self._specs_version = parse_specs(found), now.specs_version
        with self._news:
            if self._reachable and now.version < self._now.version:
                return  # an older answer came later
            self._now, self._reachable = now, True
            self.remark = (
                f"{now.name} has left after {now.steps} steps: what was looked at is still here."
                if now.over
                else ""
            )
            self._version += 1
            self._news.notify_all()

    def _lost(self, error: Exception) -> None:
        with self._news:
            remark = f"{error} What was looked at is still here; if it comes back, it is followed again."
            if self._reachable or remark != self.remark:
                self._reachable, self.remark = False, remark
                self._version += 1
                self._news.notify_all()

    def _let_go(self) -> None:
        """Of the steps that were looked at longest ago, until all fit."""
        while len(self._snapshots) > 1 and sum(one.nbytes for one in self._tensors.values()) > self._budget:
            oldest, _ = self._snapshots.popitem(last=False)
            del self._tensors[oldest]
