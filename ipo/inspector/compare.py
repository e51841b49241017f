"""What differs between two steps, of one session or of two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipo.inspector.capture.snapshots import Snapshot
from ipo.inspector.capture.tensors import Renderer, TensorSpec


@dataclass(frozen=True)
class ScalarDifference:
    """A scalar here and there."""

    key: str
    here: float
    there: float


def scalar_differences(
    here: Snapshot, there: Snapshot, specs: Mapping[str, TensorSpec]
) -> list[ScalarDifference]:
    """Every scalar that both steps have."""
    return [
        ScalarDifference(key, float(here[key]), float(there[key]))
        for key in here
        if key in there
        and key in specs
        and specs[key].renderer == Renderer.SCALAR
        and here[key].ndim == there[key].ndim == 0
    ]


def comparable(here: Snapshot, there: Snapshot, specs: Mapping[str, TensorSpec]) -> list[str]:
    """Tensors whose values can be subtracted: both steps have them, in one shape, and they are no indices."""
    return [
        key
        for key in here
        if key in there
        and key in specs
        and specs[key].renderer != Renderer.SCALAR
        and here[key].shape == there[key].shape
        and np.issubdtype(here[key].dtype, np.floating)
        and here[key].size
    ]


def difference(here: Snapshot, there: Snapshot, key: str) -> NDArray[np.float32]:
    """here − there. Raises `KeyError` if one of them lacks it, `ValueError` if their shapes differ."""
    first, second = here[key], there[key]
    if first.shape != second.shape:
        raise ValueError(f"{key} is {first.shape} here and {second.shape} there; only equal shapes compare.")
    return np.asarray(first - second, np.float32)


def value_range(tensors: Sequence[NDArray[np.generic]]) -> tuple[float, float]:
    """The lowest and the highest finite value of all of them; 0 and 0 where none is."""
    finite = np.concatenate([tensor[np.isfinite(tensor)] for tensor in tensors])
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
