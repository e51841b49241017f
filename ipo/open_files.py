"""How many files and sockets this process has open, of how many it may have."""

import os
import sys
from pathlib import Path

if sys.platform != "win32":
    import resource

_ENOUGH = 10_240  # what macOS grants at most
_LISTINGS = (Path("/proc/self/fd"), Path("/dev/fd"))  # Linux, macOS


def raise_limit() -> None:
    """Ask for as many files as this user may have (`ulimit -n` is often a small part of `ulimit -Hn`)."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        endless = hard == resource.RLIM_INFINITY  # macOS says so, and refuses it
        wanted = _ENOUGH if endless else hard
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def limit() -> int | None:
    """How many files may be open; `None` where there is no limit."""
    if sys.platform == "win32":
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def left() -> int | None:
    """How many more files can be opened; `None` where there is no limit, or it cannot be known."""
    most = limit()
    listing = next((path for path in _LISTINGS if path.is_dir()), None)
    if most is None or listing is None:
        return None
    try:
        return most - (len(os.listdir(listing)) - 1)  # less the one that lists
    except OSError:
        return 0  # not even the list can be opened
