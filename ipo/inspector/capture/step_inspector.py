"""Takes tensors out of a running step and keeps them: small ones of all steps, all of the last steps.

    inspector.capture(StepTensorKey.RANK_SCORE, trace.rank_score)   # anywhere within the step
    inspector.commit()                                              # once, at its end

Capturing is nearly free; what follows from captured tensors is computed at `commit` when history needs it,
and otherwise when somebody looks.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import torch
from torch import Tensor

from ipo.inspector.capture.axis_sizes import AxisSizes
from ipo.inspector.capture.copying import NotCaptured, copied
from ipo.inspector.capture.finiteness import FinitenessCheck, NotFinite
from ipo.inspector.capture.history import History, HistoryColumns
from ipo.inspector.capture.snapshots import Derivation, Snapshot, SnapshotRing
from ipo.inspector.capture.tensors import SPECS, Retention, TensorSpec, by_key
from ipo.inspector.determinism import one_thread

BUDGET = 256 * 2**20  # bytes of snapshots


class StepInspector:
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
    ) -> None:
        self.specs: Mapping[str, TensorSpec] = specs
        self._axes = AxisSizes(sizes or {})
        self._derivations = {str(derivation.key): derivation for derivation in derivations}
        self._history_keys: tuple[str, ...] = ()
        self._each_step: tuple[Derivation, ...] = ()  # those of history
        self._sort_keys()
        self._captures: dict[str, Tensor] = {}
        self._running_notes: dict[str, str] = {}
        self._notes: dict[int, Mapping[str, str]] = {}  # of the steps in memory
        self._finiteness = FinitenessCheck()
        self._columns = HistoryColumns()
        self._ring = SnapshotRing(budget_bytes)
        self._lock = threading.Lock()

    @property
    def sizes(self) -> Mapping[str, int]:
        """Lengths of the named axes, except B."""
        return self._axes.sizes

    @property
    def step(self) -> int:
        """The number of the step that is captured now; so many were committed."""
        return self._columns.rows

    def declare(self, spec: TensorSpec, derivation: Derivation | None = None) -> None:
        """Add a tensor that is only known once it is there, or has other axes than before."""
        if self.specs.get(spec.key) == spec:
            return
        self.specs = by_key([*(known for known in self.specs.values() if known.key != spec.key), spec])
        if derivation is not None:
            self._derivations[spec.key] = derivation
        self._sort_keys()

    def discover(
        self,
        key: str,
        tensor: Tensor,
        spec: Callable[[int], TensorSpec],
        *,
        owned: bool = False,
        add: bool = False,
    ) -> None:
        """Take a tensor of which nothing was promised: any shape, another one in the next step.

        `spec` makes its spec from its number of axes. Never raises: what cannot be had becomes a note. With
        `add`, what was taken under this key before within the step is added to.
        """
        with self.noting(key):
            taken = copied(tensor, owned=owned)
            known = self.specs.get(key)
            if known is None or len(known.dims) != taken.dim():
                self.declare(spec(taken.dim()))
            before = self._captures.get(key) if add else None
            self._captures[key] = taken if before is None else before + taken

    def note(self, key: str, reason: str) -> None:
        """Say of the running step why a tensor could not be had."""
        self._running_notes[str(key)] = reason

    @contextmanager
    def noting(self, key: str) -> Iterator[None]:
        """Within, what is raised becomes a note about `key`: nothing that watches may disturb a training."""
        try:
            yield
        except NotCaptured as error:
            self.note(key, str(error))
        except Exception as error:  # noqa: BLE001 - tensors and code of a user, which may raise anything
            message = (str(error) or "no message").splitlines()[0]
            self.note(key, f"reading it raised {type(error).__name__}: {message}")

    def has(self, key: str) -> bool:
        """Whether the running step has a tensor, or a note about it."""
        return key in self._captures or key in self._running_notes

    def capture(self, key: str, tensor: Tensor, *, owned: bool = False) -> None:
        """Take a tensor of the running step. It is copied unless `owned`: nobody will write to it again.

        Raises `KeyError` for a key without a spec and `ValueError` for another shape than its dims say.
        """
        spec = self.specs.get(key)
        if spec is None:
            raise KeyError(f"{key!r} has no TensorSpec; known are {', '.join(self.specs)}.")
        self._axes.check(spec, tensor)
        self._captures[str(key)] = copied(tensor, owned=owned)

    def capture_scalar(self, key: str, value: float) -> None:
        """Take a number of the running step."""
        self.capture(key, torch.tensor(value, dtype=torch.float32, device="cpu"), owned=True)

    def collect(self) -> Snapshot:
        """The running step as captured so far."""
        notes = dict(self._running_notes)
        return Snapshot(self.step, dict(self._captures), self.specs, self._derivations, notes)

    def discard(self) -> None:
        """Forget what was captured of the running step."""
        self._captures, self._running_notes = {}, {}
        self._axes.batch = None

    def commit(self, *, keep: bool = True) -> NotFinite | None:
        """Archive the running step; says which of its tensors is the first that is not finite, if one is.

        Without `keep`, of a step that nobody looked at, only history has its numbers.
        """
        self._derive()
        captures = self._captures
        broken, notes = self._finiteness.first(self.step, captures, self.specs, self._derivations)
        self._running_notes |= notes
        rows = {key: captures[key].numpy() for key in self._history_keys if key in captures}
        stored = self._worth_storing()
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
        stored = self._worth_storing()
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
        """The tensors that are kept, by step: for an archive or a fork."""
        with self._lock:
            return {step: self._ring[step] for step in self._ring.retained}

    def stored_notes(self) -> dict[int, Mapping[str, str]]:
        """The notes of the steps that are kept."""
        with self._lock:
            return {step: self._notes[step] for step in self._ring.retained if step in self._notes}

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
            if spec.key not in self.specs:
                self.declare(spec)
        with self._lock:
            self._columns.load(history)
            self._notes = dict(notes)
            self._ring.pinned = set(pinned)
        self.put_back(stored)

    def _sort_keys(self) -> None:
        retained = ((key, spec.retention) for key, spec in self.specs.items())
        self._history_keys = tuple(key for key, retention in retained if retention == Retention.HISTORY)
        derivations = self._derivations.values()
        self._each_step = tuple(one for one in derivations if one.key in self._history_keys)

    def _derive(self) -> None:
        """Make what history holds and follows from the captures."""
        with one_thread():
            for derivation in self._each_step:
                if all(key in self._captures for key in derivation.needs):
                    with self.noting(derivation.key):
                        self._captures[str(derivation.key)] = derivation.compute(self._captures)

    def _keep_notes(self, step: int, notes: Mapping[str, str]) -> None:
        if notes:
            self._notes[step] = notes
        if len(self._notes) > 2 * len(self._ring.retained):
            self._notes = {step: texts for step, texts in self._notes.items() if step in self._ring}

    def _worth_storing(self) -> Mapping[str, Tensor]:
        return {key: tensor for key, tensor in self._captures.items() if not self._follows(key)}

    def _follows(self, key: str) -> bool:
        """Whether a snapshot need not store the tensor, since it can be made again from what it stores."""
        derivation = self._derivations.get(key)
        return (
            derivation is not None
            and key not in self._history_keys
            and all(needed in self._captures and not self._follows(needed) for needed in derivation.needs)
        )

    def _check_known(self, n: int) -> None:
        if not 0 <= n < self._columns.rows:
            last = f"the last one is {self._columns.rows - 1}" if self._columns.rows else "none was done"
            raise IndexError(f"There is no step {n}; {last}.")
