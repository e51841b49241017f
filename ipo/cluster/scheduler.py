"""What is asked of a Dask scheduler: who computes there, and that a call is done."""

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ipo.cluster.call import TOPIC, run_packed
from ipo.cluster.settings import ClusterSettings
from ipo.cluster.versions import differences, own_versions
from ipo.error_text import error_text
from ipo.jobs import NotDone, Publisher

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 10
_CLOSE_SECONDS = 2
POLL_SECONDS = 0.1  # between two questions whether work was cancelled
_LARGE = 64_000  # bytes that go to a worker by themselves instead of through the scheduler
_GPU = "GPU"  # the resource by which workers say that they have one


@dataclass(frozen=True)
class WorkerStatus:
    """One worker, as the scheduler sees it."""

    address: str
    threads: int
    memory: int  # bytes that it may use
    used: int  # bytes
    running: int  # tasks
    gpus: float
    refused: tuple[str, ...] = ()  # how its versions differ: nothing is sent there


class ConnectionLost(NotDone):
    """The scheduler went away while work was under way."""


@dataclass
class Link:
    """What is there while a scheduler answers."""

    client: "Client"
    workers: tuple[WorkerStatus, ...]
    listeners: dict[str, Publisher] = field(default_factory=dict)  # job → who hears of it


def open_link(settings: ClusterSettings, hear: Callable[[Any], None]) -> Link:
    try:
        from distributed import Client
        from distributed.security import Security
    except ImportError as error:
        raise ValueError('Dask is not installed. Type: pip install "ipo[cluster]"') from error
    # What it prints of a connection that breaks is said by `Cluster`, in a sentence.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    settings.check()
    tls = settings.tls
    try:
        files = {"tls_ca_file": tls.ca, "tls_client_cert": tls.cert, "tls_client_key": tls.key} if tls else {}
        security = Security(require_encryption=True, **files) if tls else None
        client = Client(
            settings.address, timeout=CONNECT_SECONDS, security=security, set_as_default=False, name="ipo"
        )
    except (OSError, TimeoutError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"No scheduler answers at {settings.address}: {error_text(error)}. `ipo cluster` starts one here "
            "and prints its address."
        ) from error
    client.subscribe_topic(TOPIC, hear)
    return Link(client, workers_of(client, ()))


def close_link(link: Link) -> None:
    """Let go of a scheduler, whether it answers or not. Nobody waits for that."""

    def close() -> None:
        with contextlib.suppress(OSError, TimeoutError, RuntimeError):  # it is gone already
            link.client.close(timeout=_CLOSE_SECONDS)

    threading.Thread(target=close, name="ipo-cluster-close", daemon=True).start()


def workers_of(client: "Client", known: tuple[WorkerStatus, ...]) -> tuple[WorkerStatus, ...]:
    """Who is there. Those that were not are asked for their versions. Raises `OSError` if nobody answers."""
    info = client.scheduler_info().get("workers") if client.status == "running" else None
    if info is None:
        raise ConnectionError(f"the connection is {client.status}")
    refused = {worker.address: worker.refused for worker in known}
    strangers = [address for address in info if address not in refused]
    if strangers:
        asked: Mapping[str, Any] = client.run(own_versions, workers=strangers, on_error="return")
        for address, versions in asked.items():
            failed = isinstance(versions, BaseException)
            refused[address] = (
                (f"it cannot say its versions: {error_text(versions)}",)
                if failed
                else tuple(differences(own_versions(), versions))
            )
    return tuple(
        WorkerStatus(
            address,
            each["nthreads"],
            each["memory_limit"] or 0,
            each["metrics"].get("memory", 0),
            each["metrics"].get("task_counts", {}).get("executing", 0),
            float(each.get("resources", {}).get(_GPU, 0)),
            refused.get(address, ("it left while it was asked",)),
        )
        for address, each in sorted(info.items())
    )


def submit(link: Link, packed: bytes, job: str, gpu: bool) -> "Future[Any]":
    usable = [worker for worker in link.workers if not worker.refused]
    with_gpu = [worker for worker in usable if worker.gpus]
    resources = {_GPU: 1} if gpu and with_gpu else None
    workers = [worker.address for worker in (with_gpu if resources else usable)]
    everywhere = len(workers) == len(link.workers)
    sent = link.client.scatter(packed, hash=False) if len(packed) > _LARGE else packed
    return link.client.submit(
        run_packed,
        sent,
        job,
        own_versions(),
        key=job,
        pure=False,
        workers=None if everywhere else workers,
        resources=resources,
    )


def result_of(link: Link, future: "Future[Any]", progress: Publisher) -> Any:
    ended = threading.Event()
    future.add_done_callback(lambda _: ended.set())
    while not ended.wait(POLL_SECONDS):
        progress.check()
        if link.client.status != "running":
            raise ConnectionLost(link.client.status)
    if future.status in ("cancelled", "lost"):
        raise ConnectionLost(future.status)
    return future.result()


def release(link: Link, future: "Future[Any]") -> None:
    """Tell a worker that nobody wants this any more, if it is not done."""
    if link.client.status == "running" and not future.done():
        future.cancel()
