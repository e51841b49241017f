"""Latents as npz: one array `latents`, float32, `(B, …)`. What comes is measured before it is read."""

import io
import math
import zipfile
import zlib
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ipo.visible import visible

NAME = "latents"

_MEMBER = f"{NAME}.npy"
_END = b"PK\x05\x06"  # the record at the end of a zip, 22 bytes without a comment
_END_64 = b"PK\x06\x07"
_MOST_DIRECTORY = 4096  # bytes; that of one array has less than a hundred
_MOST_HEADER = 1024
_MOST_DIMENSIONS = 8


class LatentsTooLarge(ValueError):
    """The array says that it is larger than what is read."""


def write(latents: NDArray[np.float32]) -> bytes:
    """An npz of latents."""
    buffer = io.BytesIO()
    np.savez(buffer, latents=latents.astype(np.float32, copy=False))
    return buffer.getvalue()


def read(content: bytes, most_bytes: int) -> NDArray[np.float32]:
    """The latents in an npz. Nothing is unpickled, and never more than `most_bytes` are unpacked.

    Raises `LatentsTooLarge`, and `ValueError` for a file that is no npz with one array of float32.
    """
    _check_directory(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if names != [_MEMBER]:
                found = ", ".join(names) or "nothing"
                raise ValueError(f"The npz has {visible(found)}; {_MEMBER} alone is right. {_RIGHT}")
            with archive.open(_MEMBER) as member:
                return _read_array(member, most_bytes)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"The latents are no sound npz: {error}. {_RIGHT}") from error


_RIGHT = f"numpy.savez(file, {NAME}=array) writes one."


def _check_directory(content: bytes) -> None:
    """Refuse a long list of files before `zipfile` reads it."""
    end = content[-22:]
    if len(end) < 22 or end[:4] != _END or end[20:] != b"\0\0" or content[-42:-38] == _END_64:
        raise ValueError(f"The latents are no npz. {_RIGHT}")
    if int.from_bytes(end[12:16], "little") > _MOST_DIRECTORY:
        raise ValueError(f"The npz lists many files; {_MEMBER} alone is right. {_RIGHT}")


def _read_array(member: IO[bytes], most_bytes: int) -> NDArray[np.float32]:
    shape, in_columns, dtype = _read_header(member)
    if dtype != np.float32:
        raise ValueError(f"Latents are {dtype}; float32 would be right: array.astype('float32').")
    if in_columns or not 1 <= len(shape) <= _MOST_DIMENSIONS or min(shape) < 0:
        raise ValueError(f"Latents have shape {shape}; an array in rows, one latent each, would be right.")
    wanted = math.prod(shape) * dtype.itemsize
    if wanted > most_bytes:
        raise LatentsTooLarge(
            f"Latents of shape {shape} have {wanted:,} bytes; up to {most_bytes:,} are taken. "
            "Send fewer at once."
        )
    values = member.read(wanted + 1)
    if len(values) != wanted:
        raise ValueError(f"The latents end early, or too late, for shape {shape}. {_RIGHT}")
    return np.frombuffer(values, dtype).reshape(shape)


def _read_header(
    member: IO[bytes],
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether in columns, and dtype. numpy evaluates the header as a literal: a short one only."""
    try:
        version = npy.read_magic(member)
        read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
        return read_header(member, max_header_size=_MOST_HEADER)
    except KeyError as error:
        raise ValueError(f"The latents are npy of version {error}; 1.0 or 2.0 would be right.") from error
    except (ValueError, SyntaxError, TypeError) as error:
        raise ValueError(f"The latents are no sound npy: {error}. {_RIGHT}") from error
