"""Summaries of a running step, and how they are stored: as three tensors beside those that are whole.

(summaries)/samples   float32, the samples one after the other
(summaries)/norms     float64 (n,), −1 where it was not measured
(summaries)/layout    uint8, JSON: keys and shapes
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ipo.inspector.summaries.summary import (
    TensorSummary,
    estimated_length,
    norms,
    sample_stride,
    sampled_view,
)

PREFIX = "(summaries)/"
SAMPLES, NORMS, LAYOUT = (f"{PREFIX}{name}" for name in ("samples", "norms", "layout"))

_UNKNOWN = -1.0


@dataclass(frozen=True, eq=False)
class _Taken:
    """Of one tensor, on its device."""

    shape: tuple[int, ...]
    sample: Tensor
    norm: Tensor | None


class RunningSummaries(Mapping[str, _Taken]):
    """Summaries of the running step by key."""

    def __init__(self) -> None:
        self._taken: dict[str, _Taken] = {}

    def __getitem__(self, key: str) -> _Taken:
        return self._taken[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._taken)

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, tensors: Mapping[str, Tensor], *, measure: bool = True, add: bool = False) -> None:
        """Of dense floats, whose values are copied. `measure`: with the norm of all values.

        With `add`, they are added to what was taken before; the norm of a sum is not known.
        """
        shapes = [tuple(one.shape) for one in tensors.values()]
        views = [sampled_view(one) for one in tensors.values()]
        detached = [one.detach() for one in tensors.values()]
        measured: Sequence[Tensor | None] = norms(detached) if measure else [None] * len(detached)
        for key, shape, view, norm in zip(tensors, shapes, views, measured, strict=True):
            before = self._taken.get(key) if add else None
            if before is None or before.shape != shape:
                self._taken[key] = _Taken(shape, view.to(torch.float32, copy=True), norm)
            else:
                broken = None if norm is None or bool(torch.isfinite(norm)) else norm
                self._taken[key] = _Taken(shape, before.sample + view, broken)

    def take_sample(self, key: str, shape: tuple[int, ...], sample: Tensor) -> None:
        """What was sampled elsewhere; nobody writes to it."""
        self._taken[key] = _Taken(shape, sample, None)

    def packed(self) -> dict[str, Tensor]:
        """As it is stored, on the CPU; empty without any."""
        if not self._taken:
            return {}
        taken = list(self._taken.values())
        return {
            SAMPLES: _gathered([one.sample for one in taken]),
            NORMS: _gathered([_unknown() if one.norm is None else one.norm.double() for one in taken]),
            LAYOUT: _layout(tuple((key, one.shape) for key, one in self._taken.items())),
        }

    def lengths(self, packed: Mapping[str, Tensor]) -> dict[str, float]:
        """`TensorSummary.length` of each, from what `packed` gave."""
        if not self._taken:
            return {}
        found = packed[NORMS].tolist()
        samples, first = packed[SAMPLES].numpy(), 0
        for place, one in enumerate(self._taken.values()):
            last = first + one.sample.numel()
            if found[place] == _UNKNOWN:
                found[place] = estimated_length(samples[first:last], math.prod(one.shape))
            first = last
        return dict(zip(self._taken, found, strict=True))


def _gathered(parts: list[Tensor]) -> Tensor:
    """One after the other, each device's in one transfer; numbers as one value each."""
    flat = [part.reshape(-1) for part in parts]
    if all(part.is_cpu for part in flat):
        # NumPy asks for large pages, without which new memory costs more than what is copied into it
        room = np.empty(
            sum(part.numel() for part in flat), np.float64 if flat[0].dtype == torch.float64 else np.float32
        )
        return torch.cat(flat, out=torch.from_numpy(room))
    if all(part.device == flat[0].device for part in flat):
        return torch.cat(flat).cpu()
    return torch.cat([part.cpu() for part in flat])


@lru_cache(maxsize=1)
def _unknown() -> Tensor:
    return torch.tensor(_UNKNOWN, dtype=torch.float64, device="cpu")


@lru_cache(maxsize=8)
def _layout(described: tuple[tuple[str, tuple[int, ...]], ...]) -> Tensor:
    """The same tensor for the same layout: steps share it."""
    encoded = json.dumps([[key, list(shape)] for key, shape in described]).encode()
    return torch.from_numpy(np.frombuffer(encoded, np.uint8).copy())


class StepSummaries(Mapping[str, TensorSummary]):
    """The summaries that a stored step has, by the keys of their tensors."""

    def __init__(self, stored: Mapping[str, Tensor]) -> None:
        self._stored = stored
        self._places: dict[str, tuple[int, tuple[int, ...], int, int]] = {}
        self._read = LAYOUT not in stored

    def __getitem__(self, key: str) -> TensorSummary:
        place, shape, first, last = self._table[key]
        norm = float(self._stored[NORMS][place])
        sample = self._stored[SAMPLES][first:last].numpy()
        sample.flags.writeable = False
        return TensorSummary(shape, sample, None if norm == _UNKNOWN else norm)

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, key: object) -> bool:
        return key in self._table

    @property
    def _table(self) -> Mapping[str, tuple[int, tuple[int, ...], int, int]]:
        """By key its place, its shape, and where its sample begins and ends."""
        if not self._read:
            described: list[Any] = json.loads(self._stored[LAYOUT].numpy().tobytes())
            first = 0
            for place, (key, lengths) in enumerate(described):
                shape = tuple(int(length) for length in lengths)
                last = first + -(-int(np.prod(shape, dtype=np.int64)) // sample_stride(shape))
                self._places[str(key)] = place, shape, first, last
                first = last
            self._read = True
        return self._places
