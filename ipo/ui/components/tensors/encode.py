"""Arrays as the bytes that travel to the browser, with what is said about them before they are there."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_EIGHT_BIT = 255
_WORTH_IT = 4096  # values from which a quarter of the bytes is worth a look at each of them


@dataclass(frozen=True)
class Encoded:
    """Values in C order: `stored * unit` is the value. `low` and `high` span the finite ones."""

    data: bytes
    dtype: str  # "f4" little-endian, or "u1"
    unit: float
    shape: tuple[int, ...]
    low: float
    high: float
    nan: int
    inf: int


def encode(values: NDArray[np.generic]) -> Encoded:
    """Any real array as float32, or as uint8 where that loses nothing: bytes, and large images of bytes."""
    if values.dtype.kind not in "fiub":
        raise TypeError(f"A tensor figure draws real numbers; these are {values.dtype}.")
    stored, unit = _stored(values)
    low, high, nan, inf = _described(stored, unit)
    dtype = "u1" if stored.dtype == np.uint8 else "f4"
    return Encoded(stored.tobytes(), dtype, unit, values.shape, low, high, nan, inf)


def _stored(values: NDArray[np.generic]) -> tuple[NDArray[np.uint8] | NDArray[np.float32], float]:
    if values.dtype == np.uint8 or values.dtype == np.bool_:
        return values.astype(np.uint8), 1.0
    with np.errstate(over="ignore"):  # what is too large for float32 is drawn and counted as infinite
        single = values.astype("<f4")
    if single.size >= _WORTH_IT and values.dtype.kind == "f":
        eighth = _of_bytes(single)
        if eighth is not None:
            return eighth, 1 / _EIGHT_BIT
    return single, 1.0


def _of_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8] | None:
    """Images in [0, 1] as the bytes that they were made of, if they were."""
    if not (values.min() >= 0 and values.max() <= 1):  # also where a NaN is among them
        return None
    stored = np.rint(values * _EIGHT_BIT).astype(np.uint8)
    near = np.abs(stored.astype(np.float32) / np.float32(_EIGHT_BIT) - values)
    return stored if near.max() <= np.finfo(np.float32).eps else None


def _described(stored: NDArray[np.uint8] | NDArray[np.float32], unit: float) -> tuple[float, float, int, int]:
    if not stored.size:
        return 0.0, 0.0, 0, 0
    low, high = float(stored.min()), float(stored.max())
    if math.isfinite(low) and math.isfinite(high):
        return low * unit, high * unit, 0, 0
    nan = int(np.isnan(stored).sum())
    finite = stored[np.isfinite(stored)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return low * unit, high * unit, nan, stored.size - finite.size - nan
