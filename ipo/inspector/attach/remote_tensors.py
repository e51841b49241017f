"""The tensors of a step that another process has: each travels when somebody looks at it.

What was looked at of one step is likely looked at of the next: those travel together with the first of them.
"""

import threading
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from ipo.inspector.attach.connection import Connection, step_path

MOST_AT_ONCE = 200  # tensors of one request


class LookedAt:
    """Keys that were looked at lately, the last ones first to travel."""

    def __init__(self) -> None:
        self._keys: dict[str, int] = {}  # and in which step last
        self._lock = threading.Lock()

    def add(self, key: str, step: int) -> None:
        with self._lock:
            self._keys[key] = max(step, self._keys.get(key, -1))

    def likely(self, step: int) -> set[str]:
        """Keys that were looked at within the last few steps."""
        with self._lock:
            newest = sorted({at for at in self._keys.values() if at != step}, reverse=True)[:1]
            return {key for key, at in self._keys.items() if at in newest or at == step}


class RemoteTensors(Mapping[str, Tensor]):
    """Tensors of one step by key, fetched when they are read and kept. Raises as `Connection.arrays`."""

    def __init__(self, connection: Connection, step: int, keys: tuple[str, ...], looked: LookedAt) -> None:
        self.step = step
        self._connection = connection
        self._keys = dict.fromkeys(keys)
        self._looked = looked
        self._fetched: dict[str, Tensor] = {}
        self._lock = threading.Lock()

    def __getitem__(self, key: str) -> Tensor:
        if key not in self._keys:
            raise KeyError(key)
        self._looked.add(key, self.step)
        with self._lock:
            if key not in self._fetched:
                self._fetch(key)
            return self._fetched[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def fetched(self) -> dict[str, Tensor]:
        """Those that have travelled."""
        return dict(self._fetched)

    @property
    def nbytes(self) -> int:
        """Of what has travelled."""
        return sum(tensor.nbytes for tensor in list(self._fetched.values()))

    def _fetch(self, key: str) -> None:
        likely = [name for name in self._looked.likely(self.step) if name in self._keys]
        wanted = [name for name in dict.fromkeys([key, *likely]) if name not in self._fetched][:MOST_AT_ONCE]
        arrays = self._connection.arrays(step_path(self.step, "/tensors"), keys=wanted)
        for at, name in enumerate(wanted):
            self._fetched[name] = torch.from_numpy(arrays[f"tensor/{at}"])
