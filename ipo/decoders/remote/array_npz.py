"""One array as npz, as `numpy.savez` writes it. What comes is measured before it is read."""

import io
import math
import zipfile
import zlib
from typing import IO, Any, TypeVar

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ipo.visible import visible

MEDIA_TYPE = "application/x-npz"

_END = b"PK\x05\x06"  # the record at the end of a zip, 22 bytes without a comment
_END_64 = b"PK\x06\x07"
_MOST_DIRECTORY = 4096  # bytes; that of one array has less than a hundred
_MOST_HEADER = 1024
_MOST_DIMENSIONS = 8

Scalar = TypeVar("Scalar", bound=np.generic)


class ArrayTooLarge(ValueError):
    """The array says that it is larger than what is read."""


def write(name: str, array: NDArray[Any]) -> bytes:
    """An npz of one array, not compressed."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {name: np.ascontiguousarray(array)}
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def read(content: bytes, name: str, kind: type[Scalar], most_bytes: int) -> NDArray[Scalar]:
    """The array of a name. Nothing is unpickled, and never more than `most_bytes` are unpacked.

    Raises `ArrayTooLarge`, and `ValueError` for a file that is no npz with one array of that name and kind.
    """
    right = f"numpy.savez(file, {name}=array) writes one."
    _check_directory(content, name, right)
    member_name = f"{name}.npy"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if names != [member_name]:
                found = ", ".join(names) or "nothing"
                raise ValueError(f"The npz has {visible(found)}; {member_name} alone is right. {right}")
            with archive.open(member_name) as member:
                return _read_array(member, name, np.dtype(kind), most_bytes, right)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"The {name} are no sound npz: {error}. {right}") from error


def _check_directory(content: bytes, name: str, right: str) -> None:
    """Refuse a long list of files before `zipfile` reads it."""
    end = content[-22:]
    if len(end) < 22 or end[:4] != _END or end[20:] != b"\0\0" or content[-42:-38] == _END_64:
        raise ValueError(f"The {name} are no npz. {right}")
    if int.from_bytes(end[12:16], "little") > _MOST_DIRECTORY:
        raise ValueError(f"The npz lists many files; {name}.npy alone is right. {right}")


def _read_array(
    member: IO[bytes], name: str, wanted: np.dtype[Scalar], most_bytes: int, right: str
) -> NDArray[Scalar]:
    shape, in_columns, dtype = _read_header(member, name, right)
    if dtype != wanted:
        raise ValueError(f"The {name} are {dtype}; {wanted} would be right: array.astype('{wanted}').")
    if in_columns or not 1 <= len(shape) <= _MOST_DIMENSIONS or min(shape) < 0:
        raise ValueError(
            f"The {name} have shape {shape}; an array in rows, one of them each, would be right."
        )
    size = math.prod(shape) * wanted.itemsize
    if size > most_bytes:
        raise ArrayTooLarge(
            f"The {name} of shape {shape} have {size:,} bytes; up to {most_bytes:,} are taken. "
            "Send fewer at once."
        )
    values = member.read(size + 1)
    if len(values) != size:
        raise ValueError(f"The {name} end early, or too late, for shape {shape}. {right}")
    return np.frombuffer(values, wanted).reshape(shape)


def _read_header(member: IO[bytes], name: str, right: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether in columns, and dtype. numpy evaluates the header as a literal: a short one only."""
    try:
        version = npy.read_magic(member)
        read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
        return read_header(member, max_header_size=_MOST_HEADER)
    except KeyError as error:
        raise ValueError(f"The {name} are npy of version {error}; 1.0 or 2.0 would be right.") from error
    except (ValueError, SyntaxError, TypeError) as error:
        raise ValueError(f"The {name} are no sound npy: {error}. {right}") from error
