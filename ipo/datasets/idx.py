"""IDX files, the format of MNIST: two zero bytes, a type, the number of axes, the length of each axis as a
big-endian uint32, then the values, last axis fastest.

Images are `(n, H, W)` and labels `(n,)`, both of unsigned bytes. Other types are refused.
"""

import gzip
import math
import struct
import zlib
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from ipo.datasets.errors import BadDataFile

MOST_BYTES = 1 << 30  # of values in one file: twenty times MNIST; more is a mistake or an attack
_UNSIGNED_BYTE = 0x08
_TYPES = {0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}


def read(file: BinaryIO, name: str, axes: int) -> NDArray[np.uint8]:
    """Values with `axes` axes from an open IDX file, plain or gzipped; `name` is what messages call it.

    Raises `BadDataFile`.
    """
    gzipped = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if not gzipped:
        return _read(file, name, axes)
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            return _read(cast(BinaryIO, unpacked), name, axes)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadDataFile(f"{name} is damaged or cut short: it cannot be unpacked ({error}).") from error


def encode(values: NDArray[np.uint8]) -> bytes:
    """The IDX file that holds `values`, not gzipped."""
    lengths = struct.pack(f">{values.ndim}I", *values.shape)
    return bytes([0, 0, _UNSIGNED_BYTE, values.ndim]) + lengths + values.tobytes()


def encoded_size(shape: tuple[int, ...]) -> int:
    """Bytes of the IDX file that holds values of this shape."""
    return 4 + 4 * len(shape) + math.prod(shape)


def _read(file: BinaryIO, name: str, axes: int) -> NDArray[np.uint8]:
    shape = _read_shape(file, name, axes)
    values = np.empty(shape, np.uint8)
    buffer, filled = values.data.cast("B"), 0
    while got := file.readinto(buffer[filled:]):  # type: ignore[attr-defined]  # every binary file has it
        filled += got
    if filled < values.size:
        raise BadDataFile(
            f"{name} ends after {filled:,} of the {values.size:,} values that its header promises: "
            "a part is missing."
        )
    if file.read(1):
        raise BadDataFile(
            f"{name} goes on after the {values.size:,} values that its header promises: "
            "it is damaged, or another kind of file."
        )
    return values


def _read_shape(file: BinaryIO, name: str, axes: int) -> tuple[int, ...]:
    magic = file.read(4)
    right = f"An IDX file of {'images' if axes == 3 else 'labels'} starts with 00 00 08 {axes:02x}."
    if len(magic) < 4 or magic[:2] != b"\0\0":
        begins = f"it begins with {magic.hex(' ')}" if magic else "it is empty"
        raise BadDataFile(f"{name} is not an IDX file: {begins}. {right}")
    if magic[2] != _UNSIGNED_BYTE:
        kind = _TYPES.get(magic[2], f"the unknown type {magic[2]:#04x}")
        raise BadDataFile(f"{name} holds {kind}; unsigned bytes are wanted. {right}")
    if magic[3] != axes:
        raise BadDataFile(f"{name} holds values with {magic[3]} axes; {axes} wanted. {right}")
    lengths = file.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise BadDataFile(f"{name} ends within its header: a part is missing.")
    shape = struct.unpack(f">{axes}I", lengths)
    if not 0 < math.prod(shape) <= MOST_BYTES:
        raise BadDataFile(f"{name} should have from 1 to {MOST_BYTES:,} values; its header says {shape}.")
    return shape
