"""Vectors of pictures on disk, one file for each embedder: found by the content of a picture, made once.

Records of one length follow one another: sha256 of the picture, checksum, float32 of the vector. The file is
a help: what is damaged, or was cut off, is made anew.
"""

import logging
import threading
import zlib
from collections.abc import Iterable, Mapping
from io import FileIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipo.file_locks import file_lock
from ipo.regular_files import open_regular

logger = logging.getLogger("ipo.pictures.vectors")

_CONTENT, _SUM = 32, 4  # bytes before a vector
_AT_ONCE = 1024  # records that are looked at together


class VectorCache:
    """The vectors of one embedder. Safe for several threads, and several processes may add to it."""

    def __init__(self, path: Path, dim: int) -> None:
        self._path, self._dim = path, dim
        self._length = _CONTENT + _SUM + 4 * dim
        self._places: dict[str, int] = {}  # sha256 of a picture → number of its record
        self._looked_at = 0  # records
        self._lock = threading.Lock()

    def find(self, contents: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """Those vectors `(dim,)` of pictures, by sha256, that are there and sound."""
        found: dict[str, NDArray[np.float32]] = {}
        try:
            with self._lock, open_regular(self._path) as file:
                self._look_at_new(file)
                for content in contents:
                    if content in self._places:
                        file.seek(self._places[content] * self._length)
                        vector = self._vector_of(content, file.read(self._length))
                        if vector is not None:
                            found[content] = vector
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            logger.warning("%s is not used: %s", self._path, error)
        return found

    def add(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Append some. What cannot be kept is made again the next time."""
        records = b"".join(_record(content, vector) for content, vector in vectors.items())
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with file_lock(self._path.with_suffix(".lock")), open(self._path, "ab") as file:
                file.truncate(file.tell() // self._length * self._length)
                file.write(records)
        except OSError as error:
            logger.warning("%s cannot be written: %s", self._path, error)

    def _look_at_new(self, file: FileIO) -> None:
        """Note which records came since the last look. The caller holds the lock."""
        file.seek(self._looked_at * self._length)
        while records := file.read(_AT_ONCE * self._length):
            for start in range(0, len(records) - self._length + 1, self._length):
                self._places[records[start : start + _CONTENT].hex()] = self._looked_at
                self._looked_at += 1

    def _vector_of(self, content: str, record: bytes) -> NDArray[np.float32] | None:
        vector = np.frombuffer(record[_CONTENT + _SUM :], "<f4")
        if len(vector) != self._dim or not np.isfinite(vector).all() or _record(content, vector) != record:
            logger.warning("%s: the record of %s is damaged; it is made anew", self._path, content)
            return None
        return vector.astype(np.float32)


def _record(content: str, vector: NDArray[np.float32]) -> bytes:
    name, numbers = bytes.fromhex(content), np.ascontiguousarray(vector, "<f4").tobytes()
    return name + zlib.crc32(name + numbers).to_bytes(_SUM, "little") + numbers
