"""Files that only grow: one record a line, in JSON. A line that a crash cut short costs itself alone."""

import contextlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ipo.regular_files import open_regular


def append(path: Path, record: Mapping[str, Any]) -> int:
    """One more line, flushed to disk; on a line of its own also behind one that was cut short.

    Returns how long the file was before. Raises `OSError`, and `ValueError` for what is no file; then nothing
    was added.
    """
    line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
    if path.exists():
        open_regular(path).close()
    with open(path, "ab+") as file:
        length = file.tell()
        if length:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                line = b"\n" + line
        try:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(path, length)
            raise
    return length


def lines(path: Path, start: int) -> Iterator[tuple[int, bytes]]:
    """Where each line behind a position begins, and the line; none where there is no file. As `append`."""
    try:
        with io.BufferedReader(open_regular(path)) as file:  # lines of an unbuffered one come byte by byte
            file.seek(start)
            for line in file:
                yield start, line
                start += len(line)
    except FileNotFoundError:
        return
