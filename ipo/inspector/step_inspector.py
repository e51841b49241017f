"""Takes tensors out of a running step and keeps them: small ones of all steps, all of the last steps.

    inspector.capture(StepTensorKey.RANK_SCORE, trace.rank_score)   # anywhere within the step
    inspector.commit()                                              # once, at its end

Capturing is nearly free; what follows from captured tensors is computed at `commit` when history needs it,
and otherwise when somebody looks.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ipo.inspector.determinism import one_thread
from ipo.inspector.history import Columns, History
from ipo.inspector.snapshots import Derivation, Ring, Snapshot
from ipo.inspector.tensors import SPECS, Phase, Retention, TensorSpec, by_key

BUDGET = 256 * 2**20  # bytes of snapshots


@dataclass(frozen=True)
class NotFinite:
    """The first tensor of a step that has a NaN or an infinity."""

    step: int
    key: str
    phase: Phase
    label: str

    def __str__(self) -> str:
        return f"{self.key} ({self.label}) has NaN or Inf at step {self.step}, phase {self.phase}."


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
        self.sizes = dict(sizes or {})  # of the named axes, except B
        self._derivations = {str(made.key): made for made in derivations}
        self._history_keys = tuple(key for key, spec in specs.items() if spec.retention == Retention.HISTORY)
        self._each_step = tuple(made for made in self._derivations.values() if made.key in self._history_keys)
        self._captures: dict[str, Tensor] = {}
        self._batch: int | None = None
        self._columns = Columns()
        self._ring = Ring(budget_bytes)
        self._lock = threading.Lock()

    @property
    def step(self) -> int:
        """The number of the step that is captured now; so many were committed."""
        return self._columns.rows

    def declare(self, spec: TensorSpec) -> None:
        """Add a tensor that is only known once it is there."""
        if self.specs.get(spec.key) == spec:
            return
        self.specs = by_key([*(known for known in self.specs.values() if known.key != spec.key), spec])

    def capture(self, key: str, tensor: Tensor, *, owned: bool = False) -> None:
        """Take a tensor of the running step. It is copied unless `owned`: nobody will write to it again.

        Raises `KeyError` for a key without a spec and `ValueError` for another shape than its dims say.
        """
        spec = self.specs.get(key)
        if spec is None:
            raise KeyError(f"{key!r} has no TensorSpec; known are {', '.join(self.specs)}.")
        self._check_shape(spec, tensor)
        tensor = tensor.detach()
        whole = tensor.is_contiguous() and tensor.untyped_storage().nbytes() == tensor.nbytes
        if tensor.device.type != "cpu":
            tensor = tensor.cpu()
        elif not (owned and whole):
            tensor = tensor.clone(memory_format=torch.contiguous_format)
        if tensor.is_floating_point() and tensor.dtype != torch.float32:
            tensor = tensor.float()
        self._captures[str(key)] = tensor

    def capture_scalar(self, key: str, value: float) -> None:
        """Take a number of the running step."""
        self.capture(key, torch.tensor(value, dtype=torch.float32), owned=True)

    def collect(self) -> Snapshot:
        """The running step as captured so far."""
        return Snapshot(self.step, dict(self._captures), self.specs, self._derivations)

    def discard(self) -> None:
        """Forget what was captured of the running step."""
        self._captures = {}
        self._batch = None

    def commit(self) -> NotFinite | None:
        """Archive the running step; says which of its tensors is the first that is not finite, if one is."""
        self._derive()
        captures, broken = self._captures, self._first_not_finite(self.step)
        rows = {key: captures[key].numpy() for key in self._history_keys if key in captures}
        stored = self._worth_storing()
        with self._lock:
            self._columns.append(rows)
            self._ring.put(self.step - 1, stored)
        self.discard()
        return broken

    def retake(self) -> Mapping[str, Tensor]:
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
            return Snapshot(n, self._ring[n], self.specs, self._derivations)

    def value(self, key: str, step: int) -> float:
        """One scalar of history; NaN where there is none."""
        with self._lock:
            return self._columns.at(step, key)

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
            wanted = self._ring.pinned | {n}
            room = self._ring.budget - sum(_bytes(self._ring[step]) for step in wanted)
            if room < _bytes(self._ring[n]):  # for the steps to come
                raise ValueError(f"Pinned steps would fill all {self._ring.budget} bytes; unpin one first.")
            self._ring.pinned = wanted

    def unpin(self, n: int) -> None:
        with self._lock:
            self._ring.pinned.discard(n)

    def forget_after(self, n: int) -> None:
        """Forget all steps after step n."""
        with self._lock:
            self._columns.truncate(n + 1)
            self._ring.forget_after(n)

    def clear(self) -> None:
        self.discard()
        with self._lock:
            self._columns = Columns()
            self._ring.clear()

    def stored(self) -> dict[int, Mapping[str, Tensor]]:
        """The tensors that are kept, by step: for an archive or a fork."""
        with self._lock:
            return {step: self._ring[step] for step in self._ring.retained}

    def adopt(
        self, history: History, stored: Mapping[int, Mapping[str, Tensor]], pinned: Iterable[int]
    ) -> None:
        """Take over the steps of another inspector, or of an archive."""
        with self._lock:
            self._columns.load(history)
            self._ring.pinned = set(pinned)
        self.put_back(stored)

    def _derive(self) -> None:
        """Make what history holds and follows from the captures."""
        with one_thread():
            for made in self._each_step:
                if all(key in self._captures for key in made.needs):
                    self._captures[str(made.key)] = made.of(self._captures)

    def _worth_storing(self) -> Mapping[str, Tensor]:
        return {key: tensor for key, tensor in self._captures.items() if not self._follows(key)}

    def _follows(self, key: str) -> bool:
        """Whether a snapshot need not store the tensor, since it can be made again from what it stores."""
        made = self._derivations.get(key)
        return (
            made is not None
            and key not in self._history_keys
            and all(needed in self._captures and not self._follows(needed) for needed in made.needs)
        )

    def _first_not_finite(self, step: int) -> NotFinite | None:
        """A sum is finite only if every entry is; so the entries are looked at only when it is not."""
        floats = {key: tensor for key, tensor in self._captures.items() if tensor.is_floating_point()}
        with one_thread():
            if np.isfinite(sum(float(tensor.sum()) for tensor in floats.values())):
                return None
        order = list(Phase)
        for spec in sorted(self.specs.values(), key=lambda spec: order.index(spec.phase)):
            if spec.key in floats and not bool(torch.isfinite(floats[spec.key]).all()):
                return NotFinite(step, spec.key, spec.phase, spec.label)
        return None

    def _check_known(self, n: int) -> None:
        if not 0 <= n < self._columns.rows:
            last = f"the last one is {self._columns.rows - 1}" if self._columns.rows else "none was done"
            raise IndexError(f"There is no step {n}; {last}.")

    def _check_shape(self, spec: TensorSpec, tensor: Tensor) -> None:
        shape = tuple(tensor.shape)
        right = len(shape) == len(spec.dims)
        for name, size in zip(spec.dims, shape, strict=False):
            if name == "B":  # the last batch of an epoch may be smaller
                self._batch = size if self._batch is None else self._batch
                right &= size == self._batch
            else:
                right &= size == self.sizes.setdefault(name, size)
        if not right:
            known = self.sizes | ({} if self._batch is None else {"B": self._batch})
            would = ", ".join(f"{name} = {known[name]}" if name in known else name for name in spec.dims)
            raise ValueError(f"{spec.key} has shape {shape}; ({would}) would be right.")


def _bytes(stored: Mapping[str, Tensor]) -> int:
    return sum(tensor.nbytes for tensor in stored.values())
