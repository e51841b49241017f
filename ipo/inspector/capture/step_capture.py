"""Takes tensors out of the running step: whole, or as summaries where the plan says so."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType

import torch
from torch import Tensor

from ipo.inspector.capture.axis_sizes import AxisSizes
from ipo.inspector.capture.copying import NotCaptured, copied
from ipo.inspector.capture.snapshots import Derivation
from ipo.inspector.capture.tensors import Retention, TensorSpec, by_key
from ipo.inspector.determinism import one_thread
from ipo.inspector.summaries.plan import CapturePlan
from ipo.inspector.summaries.step_summaries import RunningSummaries
from ipo.inspector.summaries.summary import can_be_summarized, norms


class StepCapture:
    """What was captured of the running step. One thread captures."""

    def __init__(
        self,
        specs: Mapping[str, TensorSpec],
        sizes: Mapping[str, int],
        derivations: Iterable[Derivation],
        plan: CapturePlan,
    ) -> None:
        self.plan = plan
        self._known = dict(specs)
        self._specs: Mapping[str, TensorSpec] | None = specs  # those known, as they were last asked for
        self._axes = AxisSizes(sizes)
        self._derivations = {str(derivation.key): derivation for derivation in derivations}
        self._sorted: _Sorted | None = None  # until another tensor is known
        self._captures: dict[str, Tensor] = {}
        self._summaries = RunningSummaries()
        self._running_notes: dict[str, str] = {}

    @property
    def specs(self) -> Mapping[str, TensorSpec]:
        """All tensors that were promised or seen; the same object until there is another one."""
        if self._specs is None:
            self._specs = by_key(list(self._known.values()))
        return self._specs

    @property
    def sizes(self) -> Mapping[str, int]:
        """Lengths of the named axes, except B."""
        return self._axes.sizes

    def declare(self, spec: TensorSpec, derivation: Derivation | None = None) -> None:
        """Add a tensor that is only known once it is there, or has other axes than before."""
        if self._known.get(spec.key) == spec:
            return
        self._known[str(spec.key)] = spec
        if derivation is not None:
            self._derivations[spec.key] = derivation
        self._specs = self._sorted = None

    def knows(self, key: str) -> bool:
        """Whether a tensor was promised or seen."""
        return key in self._known

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
            if not self.keeps_whole(key, tensor):
                known = self._known.get(key)
                if known is None or len(known.dims) != tensor.dim():
                    self.declare(spec(tensor.dim()))
                self._summaries.take({key: tensor}, add=add)
                return
            taken = copied(tensor, owned=owned)
            before = self._captures.get(key) if add else None
            self.keep(key, taken if before is None else before + taken, spec)

    def keep(self, key: str, taken: Tensor, spec: Callable[[int], TensorSpec]) -> None:
        """Take a copy as it is, whole: `copied`, or made for this."""
        known = self._known.get(key)
        if known is None or len(known.dims) != taken.dim():
            self.declare(spec(taken.dim()))
        self._captures[key] = taken

    def keeps_whole(self, key: str, tensor: Tensor) -> bool:
        """Whether the plan has a tensor of the running step whole; what cannot be summarized is."""
        if can_be_summarized(tensor):
            return self.plan.keeps_whole(key, tensor.numel())
        self.plan.count(key, 4 * tensor.numel())
        return True

    def summarize(self, tensors: Mapping[str, Tensor], *, measure: bool = True) -> None:
        """Take summaries of tensors that have a spec and are not to be whole; `measure` their norms."""
        with self.noting(next(iter(tensors), "summaries")):
            self._summaries.take(tensors, measure=measure)

    def summarize_sample(self, key: str, shape: torch.Size, sample: Tensor) -> None:
        """Take a summary from a sample `(n,)` of a tensor that is not there itself."""
        self._summaries.take_sample(key, tuple(shape), sample)

    def sample(self, key: str) -> Tensor | None:
        """The sample of a tensor that was summarized within the running step, in float32."""
        taken = self._summaries.get(key)
        return None if taken is None else taken.sample

    def note(self, key: str, reason: str) -> None:
        """Say of the running step why a tensor could not be had."""
        self._running_notes[str(key)] = reason

    def noting(self, key: str) -> "Noting":
        """Within, what is raised becomes a note about `key`: nothing that watches may disturb a training."""
        return Noting(self, key)

    def has(self, key: str) -> bool:
        """Whether the running step has a tensor, or a note about it."""
        return key in self._captures or key in self._running_notes or key in self._summaries

    def capture(self, key: str, tensor: Tensor, *, owned: bool = False) -> None:
        """Take a tensor of the running step. It is copied unless `owned`: nobody will write to it again.

        Raises `KeyError` for a key without a spec and `ValueError` for another shape than its dims say.
        """
        spec = self.specs.get(key)
        if spec is None:
            raise KeyError(f"{key!r} has no TensorSpec; known are {', '.join(self.specs)}.")
        self._axes.check(spec, tensor)
        taken = self._captures[str(key)] = copied(tensor, owned=owned)
        self.plan.count(str(key), taken.nbytes)

    def capture_scalar(self, key: str, value: float) -> None:
        """Take a number of the running step."""
        self.capture(key, torch.tensor(value, dtype=torch.float32, device="cpu"), owned=True)

    def discard(self) -> None:
        """Forget what was captured of the running step."""
        self._captures, self._running_notes, self._summaries = {}, {}, RunningSummaries()
        self._axes.batch = None
        self.plan.end_step()

    @property
    def _history_keys(self) -> tuple[str, ...]:
        return self._sort().history

    def _sort(self) -> "_Sorted":
        if self._sorted is None:
            history = (key for key, spec in self._known.items() if spec.retention == Retention.HISTORY)
            self._sorted = _Sorted.of(tuple(history), self._derivations.values())
        return self._sorted

    def _derive(self) -> None:
        """Make what history holds and follows from the captures."""
        captures, now = self._captures, self._sort()
        measured = {length: captures[key] for length, key in now.lengths.items() if key in captures}
        with one_thread():
            with self.noting("lengths"):
                captures.update(zip(measured, norms(list(measured.values())), strict=True))
            for derivation in now.others:
                if all(key in captures for key in derivation.needs):
                    with self.noting(derivation.key):
                        captures[str(derivation.key)] = derivation.compute(captures)

    def _pack(self) -> tuple[dict[str, Tensor], dict[str, float]]:
        """The summaries as they are stored, and the length of each, which history gets."""
        packed = self._summaries.packed()
        lengths = self._summaries.lengths(packed)
        for key, length in lengths.items():
            if f"{key}_length" in self._known:
                self._captures[f"{key}_length"] = torch.tensor(length, dtype=torch.float32, device="cpu")
        return packed, lengths

    def _worth_storing(self) -> dict[str, Tensor]:
        following = [key for key in self._sort().made_again if key in self._captures and self._follows(key)]
        stored = dict(self._captures)
        for key in following:
            del stored[key]
        return stored

    def _follows(self, key: str) -> bool:
        """Whether a snapshot need not store the tensor, since it can be made again from what it stores."""
        derivation = self._derivations.get(key)
        return (
            derivation is not None
            and key in self._sort().made_again
            and all(needed in self._captures and not self._follows(needed) for needed in derivation.needs)
        )


class Noting:
    """What `StepCapture.noting` gives."""

    def __init__(self, capture: StepCapture, key: str) -> None:
        self._capture = capture
        self._key = key

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, NotCaptured):
            self._capture.note(self._key, str(error))
        elif isinstance(error, Exception):  # tensors and code of a user, which may raise anything
            message = (str(error) or "no message").splitlines()[0]
            self._capture.note(self._key, f"reading it raised {type(error).__name__}: {message}")
        else:
            return False
        return True


@dataclass(frozen=True)
class _Sorted:
    """Keys of history, and what follows from captures: at each step, or when somebody asks."""

    history: tuple[str, ...]
    lengths: Mapping[str, str]  # by the key of a length, that of the tensor
    others: tuple[Derivation, ...]  # of history
    made_again: frozenset[str]  # keys that need not be stored

    @classmethod
    def of(cls, history: tuple[str, ...], derivations: Iterable[Derivation]) -> "_Sorted":
        keys = frozenset(history)
        each_step = [one for one in derivations if one.key in keys]
        lengths = {one.key: one.needs[0] for one in each_step if one.make is torch.linalg.vector_norm}
        others = tuple(one for one in each_step if one.key not in lengths)
        return cls(history, lengths, others, frozenset(one.key for one in derivations if one.key not in keys))
