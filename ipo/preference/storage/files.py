"""The files of a row, a pair or a skip: latents, images, records, and what says that they are complete."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ipo.images import PNG_END
from ipo.preference.latents import Latent
from ipo.preference.schema import FileRecord, PairRecord, RowRecord, SkipRecord
from ipo.regular_files import open_regular

MAX_IMAGE = 500_000_000  # bytes of a PNG


def sums_of(files: Mapping[str, bytes]) -> dict[str, FileRecord]:
    """Length and sha256 of files, for a record."""
    return {
        name: FileRecord(len(content), hashlib.sha256(content).hexdigest()) for name, content in files.items()
    }


def record_bytes(record: RowRecord | PairRecord | SkipRecord) -> bytes:
    """A record as the JSON that is kept."""
    history = [entry.record() for entry in record.history]
    return json.dumps({**asdict(record), "history": history}, indent=1).encode()


def npy_header(shape: tuple[int, ...]) -> bytes:
    """Header of a version 1.0 `.npy` file with C-ordered little-endian float32 of `shape`."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape!r}, }}"
    padding = -(10 + len(text) + 1) % 64
    return (
        b"\x93NUMPY\x01\x00"
        + (len(text) + padding + 1).to_bytes(2, "little")
        + (text + " " * padding + "\n").encode("latin-1")
    )


def latent_bytes(z: Latent) -> bytes:
    """A latent as the `.npy` file that is kept."""
    return npy_header(z.shape) + np.ascontiguousarray(z, np.float32).tobytes()


def read_latent(path: Path, into: Latent) -> None:
    """Read a latent into an array of the expected shape; faster than `np.load` by reading no header twice."""
    header = npy_header(into.shape)
    with open_regular(path) as file:
        if file.read(len(header)) != header:
            raise ValueError(f"{path.name} is not a float32 latent of shape {into.shape}: of another size?")
        if file.readinto(into.data.cast("B")) != into.nbytes:
            raise ValueError(f"{path.name} is truncated")
    if not np.isfinite(into).all():
        raise ValueError(f"{path.name} has NaN or Inf")


def check_image(path: Path, size: int) -> None:
    """Cheap completeness check: the recorded length and the PNG end marker. *Verify* compares the hash."""
    with open_regular(path) as file:
        length = os.fstat(file.fileno()).st_size
        if length != size:
            raise ValueError(f"{path.name} is truncated: {length} of {size} bytes")
        file.seek(-len(PNG_END), os.SEEK_END)
        if file.read() != PNG_END:
            raise ValueError(f"{path.name} is not a complete PNG")
