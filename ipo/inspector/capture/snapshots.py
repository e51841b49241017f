"""What is kept of one step, and the ring that keeps the last steps within a bound of bytes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ipo.inspector.capture.disk_ring import DiskRing
from ipo.inspector.capture.tensors import Renderer, TensorSpec
from ipo.inspector.determinism import one_thread
from ipo.inspector.summaries.step_summaries import LAYOUT, NORMS, PREFIX, SAMPLES, StepSummaries
from ipo.inspector.summaries.summary import TensorSummary

SUMMARY_ONLY = "it was kept as a summary; follow it to have it whole from the next step on"

Values = Mapping[str, Tensor]
Array = NDArray[Any]


class Evicted(LookupError):
    """The step is no longer kept. Pin a step to keep it, or rewind to it."""


@dataclass(frozen=True)
class Derivation:
    """A tensor that follows from others: made at every step (history), or when somebody asks for it."""

    key: str
    needs: tuple[str, ...]
    make: Callable[..., Tensor]  # takes the needed tensors in order

    def compute(self, values: Values) -> Tensor:
        return self.make(*(values[key] for key in self.needs))


class Snapshot(Mapping[str, Array]):
    """All tensors of one step as arrays by key; some of them are only computed when read.

    Images that were captured as bytes read as float32 in [0, 1].
    """

    def __init__(
        self,
        step: int,
        stored: Values,
        specs: Mapping[str, TensorSpec],
        derivations: Mapping[str, Derivation],
        notes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.step = step
        self.notes = notes  # which tensors could not be had, or are infinite, and why
        self._stored = stored
        self._specs = specs
        self._derivations = derivations
        self._arrays: dict[str, Array] = {}

    def __getitem__(self, key: str) -> Array:
        if key not in self._arrays:
            array = self.tensor(key).numpy().view()
            array.flags.writeable = False
            self._arrays[key] = array
        return self._arrays[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def is_of(self, stored: Values, specs: Mapping[str, TensorSpec], notes: Mapping[str, str]) -> bool:
        """Whether it is what is known of a step now."""
        return self._stored is stored and self._specs is specs and self.notes == notes

    @cached_property
    def summaries(self) -> Mapping[str, TensorSummary]:
        """What there is of tensors that were too large to be kept whole, by key."""
        return StepSummaries(self._stored)

    @property
    def captured(self) -> tuple[str, ...]:
        """Keys of all tensors, whole or summarized, in the order of the specs."""
        summarized = (key for key in self.summaries if key not in self._specs)
        return tuple(key for key in (*self._specs, *summarized) if key in self or key in self.summaries)

    @property
    def packed(self) -> Mapping[str, Tensor]:
        """The summaries as they are stored and travel."""
        return {key: self._stored[key] for key in (SAMPLES, NORMS, LAYOUT) if key in self._stored}

    def tensor(self, key: str) -> Tensor:
        """The tensor itself. Nobody may write to it. Raises `KeyError`, with the reason if one is known."""
        if key in self._stored:
            tensor = self._stored[key]
            images = key in self._specs and self._specs[key].renderer == Renderer.IMAGES
            return tensor / 255 if images and tensor.dtype == torch.uint8 else tensor
        if key not in self._keys:
            if key in self.summaries:
                raise KeyError(f"step {self.step} has no {str(key)!r}: {SUMMARY_ONLY}.")
            if key in self.notes:
                raise KeyError(f"step {self.step} has no {str(key)!r}: {self.notes[key]}.")
            raise KeyError(f"step {self.step} has no {str(key)!r}; it has {', '.join(self._keys)}.")
        derivation = self._derivations[key]
        with one_thread():
            return derivation.make(*(self.tensor(needed) for needed in derivation.needs)).detach()

    @cached_property
    def _keys(self) -> dict[str, None]:
        """Keys in the order of the specs; derived ones when all they need is there."""

        def there(key: str) -> bool:
            derivation = self._derivations.get(key)
            return key in self._stored or (derivation is not None and all(map(there, derivation.needs)))

        known = [*self._specs, *(key for key in self._derivations if key not in self._specs)]
        stored = (key for key in self._stored if not key.startswith(PREFIX))
        return {key: None for key in [*known, *stored] if there(key)}


class SnapshotRing:
    """Stored tensors by step, at most `budget` bytes of them. Pinned steps stay; the latest step always does.

    A tensor that two steps share (the weights after one are those before the next) counts once. With a
    `disk`, steps that leave memory are kept there.
    """

    def __init__(self, budget: int, disk: DiskRing | None = None) -> None:
        self.budget = budget
        self.disk = disk
        self.nbytes = 0
        self.pinned: set[int] = set()
        self._steps: dict[int, Values] = {}
        self._read: Snapshot | None = None  # the last one: many ask for the same, and some of it is computed
        self._retained: tuple[int, ...] | None = None  # until another step comes or goes
        self._holders: dict[int, int] = {}  # how many entries hold the memory at this address

    @property
    def retained(self) -> tuple[int, ...]:
        """Steps that can be had, in memory or on disk."""
        if self._retained is None:
            on_disk = frozenset() if self.disk is None else self.disk.steps
            self._retained = tuple(sorted(on_disk | self._steps.keys()))
        return self._retained

    @property
    def in_memory(self) -> tuple[int, ...]:
        return tuple(sorted(self._steps))

    def __contains__(self, step: int) -> bool:
        return step in self._steps or (self.disk is not None and step in self.disk)

    def __getitem__(self, step: int) -> Values:
        if step in self._steps:
            return self._steps[step]
        if self.disk is not None and step in self.disk:
            try:
                return self.disk[step]
            except OSError as error:
                raise Evicted(f"Step {step} is on disk and cannot be read: {error}.") from error
        where = "in memory" if self.disk is None else "in memory or on disk"
        raise Evicted(f"Step {step} is not {where}; {spans(self.retained)}.")

    def snapshot(
        self,
        step: int,
        specs: Mapping[str, TensorSpec],
        derivations: Mapping[str, Derivation],
        notes: Mapping[str, str],
    ) -> Snapshot:
        """All tensors of a step. Raises `Evicted`."""
        stored = self[step]
        if self._read is None or not self._read.is_of(stored, specs, notes):
            self._read = Snapshot(step, stored, specs, derivations, notes)
        return self._read

    def put(self, step: int, stored: Values) -> None:
        """Keep a step, and let go of the oldest ones that are not pinned until all fit."""
        self.drop(step)
        self._steps[step] = stored
        self._count(stored, 1)
        if self.nbytes <= self.budget:
            return
        latest = max(self._steps)
        for old in self.in_memory:
            if self.nbytes <= self.budget:
                return
            if old not in self.pinned and old != latest:
                leaving = self._steps[old]
                self.drop(old)
                if self.disk is not None:
                    self.disk.put(old, leaving)

    def pin(self, step: int) -> None:
        """Keep a step for good. Raises `Evicted`, and `ValueError` where none other would fit."""
        wanted = self.pinned | {step}
        room = self.budget - sum(_bytes(self[pinned]) for pinned in wanted)
        if room < _bytes(self[step]):
            raise ValueError(f"Pinned steps would fill all {self.budget} bytes; unpin one first.")
        self.pinned = wanted
        if step not in self._steps:
            self.put(step, {key: tensor.clone() for key, tensor in self[step].items()})

    def drop(self, step: int) -> None:
        self._retained = None
        if step in self._steps:
            self._count(self._steps.pop(step), -1)
        if self.disk is not None:
            self.disk.drop(step)

    def forget_after(self, step: int) -> None:
        for later in [known for known in self.retained if known > step]:
            self.drop(later)
        self.pinned = {known for known in self.pinned if known <= step}

    def clear(self) -> None:
        self.forget_after(-1)
        self._read = None
        if self.disk is not None:
            self.disk.close()

    def _count(self, stored: Values, change: int) -> None:
        for tensor in stored.values():
            address = tensor.data_ptr()
            held = self._holders.get(address, 0) + change
            if held == 0:
                del self._holders[address]
            else:
                self._holders[address] = held
            if held == 0 or (held == 1 and change == 1):
                self.nbytes += change * tensor.nbytes


def _bytes(stored: Values) -> int:
    return sum(tensor.nbytes for tensor in stored.values())


def runs_of(steps: tuple[int, ...]) -> list[tuple[int, int]]:
    """First and last of each run of neighbours among ascending steps."""
    breaks = np.flatnonzero(np.diff(steps) > 1) + 1
    return [(int(part[0]), int(part[-1])) for part in np.split(np.array(steps), breaks) if len(part)]


def spans(steps: tuple[int, ...]) -> str:
    """`steps 3–5 and 9 are`, for messages."""
    if not steps:
        return "no step is"
    texts = [str(first) if first == last else f"{first}–{last}" for first, last in runs_of(steps)]
    if len(steps) == 1:
        return f"step {texts[0]} is"
    return f"steps {texts[0] if len(texts) == 1 else ', '.join(texts[:-1]) + ' and ' + texts[-1]} are"
