"""Locks between processes, as files beside what they protect."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

_WITHOUT_LOCKS = (errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK)


class LocksUnsupported(OSError):
    """The file system has no locks. Use a folder on another one, or mount it with locks."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(
            f"{folder} is on a file system without locks ({error.strerror}), where two processes could write "
            "at once. Nothing was changed. Set IPO_HOME to a folder on a local disk, or mount this one with "
            "locks: NFS without nolock, SMB without nobrl."
        )


@contextlib.contextmanager
def file_lock(path: Path, timeout: float = -1) -> Iterator[None]:
    """Hold the lock file `path`, waiting `timeout` seconds for it; -1 waits as long as it takes.

    Raises `filelock.Timeout`, and `LocksUnsupported` where its folder can have no locks.
    """
    lock = FileLock(path, timeout=timeout)
    try:
        lock.acquire()
    except OSError as error:
        if error.errno in _WITHOUT_LOCKS:
            raise LocksUnsupported(path.parent, error) from error
        raise
    try:
        yield
    finally:
        lock.release()
