"""A disk that is full: the system itself refuses to write more than a few bytes into any file."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def small_disk(largest_file: int) -> Iterator[None]:
    """Files may not grow over `largest_file` bytes: `write` raises `OSError`, after it wrote what fits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
