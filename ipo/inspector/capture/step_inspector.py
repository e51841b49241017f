"""Takes tensors out of a running step and keeps them: small ones of all steps, all of the last steps.

    inspector.capture(StepTensorKey.RANK_SCORE, trace.rank_score)   # anywhere within the step
    inspector.commit()                                              # once, at its end

Capturing is nearly free; what follows from captured tensors is computed at `commit` when history needs it,
and otherwise when somebody looks.
"""

import threading
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from torch import Tensor

from ipo.inspector.capture.disk_ring import DiskRing
from ipo.inspector.capture.finiteness import FinitenessCheck, NotFinite
from ipo.inspector.capture.history import History, HistoryColumns
from ipo.inspector.capture.snapshots import Derivation, Snapshot, SnapshotRing
from ipo.inspector.capture.step_capture import StepCapture
from ipo.inspector.capture.tensors import SPECS, TensorSpec
from ipo.inspector.summaries.plan import CapturePlan

BUDGET = 256 * 2**20  # bytes of snapshots


class StepInspector(StepCapture):
    """Captures of the running step, history of all steps, snapshots of the last ones.

    One thread captures and commits; any thread may read meanwhile.
    """

    def __init__(
        self,
        specs: Mapping[str, TensorSpec] = SPECS,
        budget_bytes: int = BUDGET,
        *,
        sizes: Mapping[str, int] | None = None,
        derivations: Iterable[Derivation] = (),
        plan: CapturePlan | None = None,
        disk: DiskRing | None = None,
    ) -> None:
        """`plan`: which tensors are whole; without, all of them. `disk`: where steps go that leave memory."""
        super().__init__(specs, sizes or {}, derivations, plan or CapturePlan(None))
        self._notes: dict[int, Mapping[str, str]] = {}  # of the steps in memory
        self._finiteness = FinitenessCheck()
        self._columns = HistoryColumns()
        self._ring = SnapshotRing(budget_bytes, disk)
        self._lock = threading.Lock()

    @property
    def step(self) -> int:
        """The number of the step that is captured now; so many were committed."""
        return self._columns.rows

    def collect(self) -> Snapshot:
        """The running step as captured so far."""
        packed, _ = self._pack()
        stored = self._captures | packed
        return Snapshot(self.step, stored, self.specs, self._derivations, dict(self._running_notes))

    def commit(self, *, keep: bool = True) -> NotFinite | None:
        """Archive the running step; says which of its tensors is the first that is not finite, if one is.

        Without `keep`, of a step that nobody looked at, only history has its numbers.
        """
        self._derive()
        (summaries, lengths), captures = self._pack(), self._captures
        broken, notes = self._finiteness.first(self.step, captures, lengths, self.specs, self._derivations)
        self._running_notes |= notes
        rows = {key: captures[key].numpy() for key in self._history_keys if key in captures}
        stored = self._worth_storing() | summaries
        with self._lock:
            self._columns.append(rows)
            if keep:
                self._ring.put(self.step - 1, stored)
            self._keep_notes(self.step - 1, self._running_notes)
        self.discard()
        return broken

    def take_for_replay(self) -> Mapping[str, Tensor]:
        """The tensors of a step that history has already, as `put_back` takes them."""
        self._derive()
        summaries, _ = self._pack()
        stored = self._worth_storing() | summaries
        self.discard()
        return stored

    def put_back(self, stored: Mapping[int, Mapping[str, Tensor]]) -> None:
        """Keep steps again that had left memory."""
        with self._lock:
            for step in sorted(stored):
                self._ring.put(step, stored[step])

    def get_history(self, since: int = 0) -> History:
        """The small tensors of all steps from `since` on."""
        with self._lock:
            return self._columns.since(since)

    def get_step(self, n: int) -> Snapshot:
        """Everything about step n. Raises `Evicted` when it is no longer in memory."""
        with self._lock:
            self._check_known(n)
            return self._ring.snapshot(n, self.specs, self._derivations, self._notes.get(n, {}))

    def value(self, key: str, step: int) -> float:
        """One scalar of history; NaN where there is none."""
        with self._lock:
            return self._columns.at(step, key)

    @property
    def notes(self) -> Mapping[str, str]:
        """What is to be said of tensors of the latest step: why one could not be had, or is infinite."""
        with self._lock:
            return self._notes.get(self._columns.rows - 1, {})

    @property
    def retained(self) -> tuple[int, ...]:
        """Steps with a snapshot."""
        with self._lock:
            return self._ring.retained

    @property
    def pinned(self) -> tuple[int, ...]:
        with self._lock:
            return tuple(sorted(self._ring.pinned))

    @property
    def nbytes(self) -> int:
        """Bytes of all snapshots."""
        return self._ring.nbytes

    @property
    def budget(self) -> int:
        return self._ring.budget

    def pin(self, n: int) -> None:
        """Keep step n in memory. Raises `Evicted`, and `ValueError` when pins would fill all memory."""
        with self._lock:
            self._check_known(n)
            self._ring.pin(n)

    def unpin(self, n: int) -> None:
        with self._lock:
            self._ring.pinned.discard(n)

    def forget_after(self, n: int) -> None:
        """Forget all steps after step n."""
        with self._lock:
            self._columns.truncate(n + 1)
            self._ring.forget_after(n)
            self._notes = {step: notes for step, notes in self._notes.items() if step <= n}

    def clear(self) -> None:
        self.discard()
        with self._lock:
            self._columns = HistoryColumns()
            self._ring.clear()
            self._notes = {}

    def stored(self) -> dict[int, Mapping[str, Tensor]]:
        """The tensors that are in memory, by step: for an archive or a fork."""
        with self._lock:
            return {step: self._ring[step] for step in self._ring.in_memory}

    def stored_notes(self) -> dict[int, Mapping[str, str]]:
        """The notes of the steps that are in memory."""
        with self._lock:
            return {step: self._notes[step] for step in self._ring.in_memory if step in self._notes}

    def adopt(
        self,
        history: History,
        stored: Mapping[int, Mapping[str, Tensor]],
        pinned: Iterable[int],
        specs: Iterable[TensorSpec] = (),
        notes: Mapping[int, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        """Take over the steps of another inspector, or of an archive."""
        for spec in specs:
            if spec.key not in self.specs or spec.key.endswith("_length"):  # which says if it is an estimate
                self.declare(spec)
        with self._lock:
            self._columns.load(history)
            self._notes = dict(notes)
            self._ring.pinned = set(pinned)
        self.put_back(stored)

    def _keep_notes(self, step: int, notes: Mapping[str, str]) -> None:
        if notes:
            self._notes[step] = notes
        if len(self._notes) > 2 * len(self._ring.retained):
            self._notes = {step: texts for step, texts in self._notes.items() if step in self._ring}

    def _check_known(self, n: int) -> None:
        if not 0 <= n < self._columns.rows:
            last = f"the last one is {self._columns.rows - 1}" if self._columns.rows else "none was done"
            raise IndexError(f"There is no step {n}; {last}.")
