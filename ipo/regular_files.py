"""Opening files that somebody else may have put in place: a pipe or a device must not block the reader."""

import errno
import io
import os
import stat
from pathlib import Path

_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def open_regular(path: Path) -> io.FileIO:
    """Open a file for reading, unbuffered and without ever waiting for a writer.

    Raises `OSError`, also for a folder, and `ValueError` for a pipe or a device.
    """
    handle = os.open(path, _FLAGS)
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "no regular file")
        raise ValueError(f"{path.name} is {kind}; a file would be right")
    return io.FileIO(handle, "rb")


def read_regular(path: Path, most: int) -> bytes:
    """The content of a file of at most `most` bytes. Raises `OSError`, and `ValueError` for anything else."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise ValueError(f"{path.name} has {size:,} bytes; up to {most:,} would be right")
        parts, left = [], most + 1  # it may grow meanwhile
        while left and (part := file.read(left)):
            parts.append(part)
            left -= len(part)
    if not left:
        raise ValueError(f"{path.name} has more than {most:,} bytes; fewer would be right")
    return b"".join(parts)
