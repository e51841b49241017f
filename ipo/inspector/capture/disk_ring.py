"""Steps that left memory, in files on disk: the last ones, as far as a bound of bytes goes.

A step is written once and read by mapping it into memory: only what is looked at is fetched. The files have
no name, so that nothing of them is left when the process ends, however it ends.
"""

import logging
import math
import mmap
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

logger = logging.getLogger(__name__)

DISK_BUDGET = 4 * 2**30  # bytes
SEGMENT = 64 * 2**20  # bytes of one file, with which its steps go

_ALIGNED = 64  # bytes: what any dtype may begin at
_LAST_READ = 4  # steps that stay mapped


@dataclass(eq=False)
class _Segment:
    """One file, and the steps that it holds."""

    file: IO[bytes]
    size: int = 0
    steps: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class _Place:
    """Where a step is: its tensors as (key, dtype, shape, bytes from `start`)."""

    segment: _Segment
    start: int
    size: int
    tensors: tuple[tuple[str, np.dtype[Any], tuple[int, ...], int], ...]


class DiskRing:
    """Stored tensors by step. Not safe for threads: its owner has a lock.

    Where the disk refuses, it forgets what it has, keeps nothing more, and `problem` says why.
    """

    def __init__(self, folder: Path, budget: int = DISK_BUDGET, segment: int = SEGMENT) -> None:
        self.folder = folder
        self.budget = budget
        self.problem = ""
        self.nbytes = 0  # of all files
        self._most = min(segment, max(budget // 4, 1))
        self._segments: list[_Segment] = []
        self._places: dict[int, _Place] = {}
        self._read: OrderedDict[int, dict[str, Tensor]] = OrderedDict()

    @property
    def steps(self) -> frozenset[int]:
        return frozenset(self._places)

    def __contains__(self, step: object) -> bool:
        return step in self._places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, step: int) -> Mapping[str, Tensor]:
        """The tensors of a step, mapped: the same ones while it is among the last that were read.

        Raises `KeyError`, and `OSError` where the file can no longer be read.
        """
        if step not in self._read:
            self._read[step] = _mapped(self._places[step])
        self._read.move_to_end(step)
        if len(self._read) > _LAST_READ:
            self._read.popitem(last=False)
        return self._read[step]

    def put(self, step: int, stored: Mapping[str, Tensor]) -> None:
        """Keep a step, and let go of the oldest files until all fit; nothing if it is too large for all."""
        self.drop(step)
        if self.problem or sum(tensor.nbytes for tensor in stored.values()) > self.budget // 2:
            return
        try:
            self._write(step, stored)
        except OSError as error:
            self.close()
            self.problem = f"Steps that leave memory are not kept in {self.folder}: {error}"
            logger.warning(self.problem)
            return
        while self.nbytes > self.budget:
            self._remove(self._segments[0])

    def drop(self, step: int) -> None:
        place = self._places.pop(step, None)
        self._read.pop(step, None)
        if place is not None:
            place.segment.steps.discard(step)
            if not place.segment.steps and place.segment is not self._segments[-1]:
                self._remove(place.segment)

    def forget_after(self, step: int) -> None:
        for later in [known for known in self._places if known > step]:
            self.drop(later)

    def close(self) -> None:
        """Forget everything and give the disk back."""
        while self._segments:
            self._remove(self._segments[0])

    def _write(self, step: int, stored: Mapping[str, Tensor]) -> None:
        if not self._segments or self._segments[-1].size >= self._most:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._segments.append(_Segment(tempfile.TemporaryFile(dir=self.folder, buffering=0)))  # noqa: SIM115
        segment = self._segments[-1]
        start, at, described = segment.size, 0, []
        segment.file.seek(start)
        for key, tensor in stored.items():
            values = np.ascontiguousarray(tensor.numpy())
            described.append((str(key), values.dtype, tuple(tensor.shape), at))
            _write_all(segment.file, memoryview(values.tobytes()))
            _write_all(segment.file, memoryview(bytes(-values.nbytes % _ALIGNED)))
            at += -(-values.nbytes // _ALIGNED) * _ALIGNED
        segment.size += at
        segment.steps.add(step)
        self.nbytes += at
        self._places[step] = _Place(segment, start, at, tuple(described))

    def _remove(self, segment: _Segment) -> None:
        """What was mapped of it stays as long as somebody holds it."""
        self._segments.remove(segment)
        self.nbytes -= segment.size
        for step in segment.steps:
            self._places.pop(step, None)
            self._read.pop(step, None)
        segment.file.close()


def _write_all(file: IO[bytes], rest: memoryview) -> None:
    """All of it: a file without a buffer may take less at a time."""
    while rest:
        rest = rest[file.write(rest) :]


def _mapped(place: _Place) -> dict[str, Tensor]:
    if not place.size:
        return {}
    before = place.start % mmap.ALLOCATIONGRANULARITY
    mapped = mmap.mmap(
        place.segment.file.fileno(),
        place.size + before,
        access=mmap.ACCESS_COPY,  # a write, which nobody does, would reach no file
        offset=place.start - before,
    )
    return {
        key: torch.from_numpy(np.frombuffer(mapped, dtype, math.prod(shape), before + at).reshape(shape))
        if math.prod(shape)
        else torch.from_numpy(np.empty(shape, dtype))
        for key, dtype, shape, at in place.tensors
    }
