"""`ipo cluster`: a scheduler and workers on this machine, which others may join."""

import logging
import os
import shlex
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Of a worker's process. By default Dask has it give memory back after each array and take it anew for the
# next, and a decoder needs twice its time.
WORKER_ENVIRONMENT = {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}
PRE_SPAWN = "distributed.nanny.pre-spawn-environ"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def default_workers() -> int:
    """One for each core but the page's."""
    return max(1, (os.cpu_count() or 1) - 1)


def serve(host: str, port: int, workers: int, gpus: int, home: Path, echo: Callable[[str], None]) -> None:
    """Run until Ctrl-C or SIGTERM. Workers are processes with one thread, the first `gpus` with a GPU each.

    Raises `ValueError` where Dask is not here, `OSError` where it cannot listen.
    """
    try:
        import dask
        from distributed import Nanny, Scheduler, SpecCluster
    except ImportError as error:
        raise ValueError('Dask is not installed. Type: pip install "ipo[cluster]"') from error
    os.environ["IPO_HOME"] = str(home.resolve())  # workers read weights there
    dask.config.set({PRE_SPAWN: WORKER_ENVIRONMENT})
    logging.getLogger("distributed").setLevel(logging.WARNING)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    scheduler = {"host": host, "port": port, "dashboard_address": "127.0.0.1:0"}
    specs = {number: {"cls": Nanny, "options": _options(number, gpus)} for number in range(workers)}
    try:
        cluster = SpecCluster(scheduler={"cls": Scheduler, "options": scheduler}, workers=specs)
    except RuntimeError as error:  # Dask's word for an address that is taken
        raise OSError(f"A scheduler cannot listen at {host}:{port}: {error.__cause__ or error}") from error
    with cluster:
        cluster.wait_for_workers(workers)
        address = cluster.scheduler_address
        echo(f"Scheduler at {address} with {workers} worker{'s' if workers != 1 else ''}. Ctrl-C ends both.")
        echo(f"Use it: IPO_SCHEDULER={address} ipo run, or type the address on the page Settings.")
        echo(f"Join it from another machine: {join_command(address, host)}")
        if host not in LOOPBACK:
            echo("Whoever reaches this address can run programs here: let only those whom you trust.")
        ended.wait()


def _options(number: int, gpus: int) -> dict[str, Any]:
    """Of a worker."""
    if number >= gpus:
        return {"nthreads": 1}
    return {"nthreads": 1, "resources": {"GPU": 1}, "env": {"CUDA_VISIBLE_DEVICES": str(number)}}


def join_command(address: str, host: str) -> str:
    """What to type on another machine, with the same version of ipo, to have it compute too."""
    if host in LOOPBACK:
        return "begin this one with --host and an address that the other reaches."
    if host == "0.0.0.0":
        address = address.replace("0.0.0.0", socket.gethostname())
    return f"dask worker {shlex.quote(address)} --nworkers auto --nthreads 1"
