"""Clusters of worker processes on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager

from distributed import LocalCluster


@contextmanager
def two_workers(port: int = 0) -> Iterator[LocalCluster]:
    """A scheduler and two processes with one thread each."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        scheduler_port=port,
        dashboard_address="127.0.0.1:0",
        silence_logs=False,  # which would silence the capturing of logs by tests
    ) as cluster:
        yield cluster
