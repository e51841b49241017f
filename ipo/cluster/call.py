"""A call of a portable function as bytes, and what a worker does with it."""

import inspect
import pickle
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ipo.cluster.versions import Versions, differences, own_versions
from ipo.error_text import error_text
from ipo.jobs import Cancelled, NotDone, is_portable

if TYPE_CHECKING:
    from distributed import Worker

TOPIC = "ipo"  # of what workers say of the work under way
_PACE = 0.1  # seconds between two reports of a job
_LARGEST_PARTIAL = 256_000  # bytes of what is shown before a job is done; the scheduler keeps some of them


class WrongVersion(NotDone):
    """A worker runs other code than whoever asked."""


@dataclass(frozen=True)
class Report:
    """How far a job is."""

    job: str
    fraction: float
    message: str
    partial: bytes | None = None  # pickled


def pack(fn: Callable[..., Any], args: tuple[Any, ...]) -> bytes:
    """The call of a portable function. Raises `NotDone` for what cannot be pickled."""
    assert is_portable(fn), fn
    try:
        return pickle.dumps((fn, args), protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise NotDone(f"{fn} cannot leave this process: {error_text(error)}") from error


def run_packed(packed: bytes, job: str, versions: Versions) -> Any:
    """On a worker: do the call, and say meanwhile how far it is.

    Raises `WrongVersion` before anything is unpickled, and what the call raises.
    """
    check_versions(versions)
    fn, args = pickle.loads(packed)
    if "progress" in inspect.signature(fn).parameters:
        return fn(*args, progress=WorkerProgress(job))
    return fn(*args)


def check_versions(versions: Versions) -> None:
    """On a worker. Raises `WrongVersion` where it runs other code than whoever asks."""
    different = differences(versions, own_versions())
    if different:
        raise WrongVersion(f"A worker runs other versions: {'; '.join(different)}.")


class WorkerProgress:
    """A `Publisher` on a worker: its client hears of it, and may cancel the work."""

    def __init__(self, job: str) -> None:
        from distributed import get_worker

        self._job = job
        self._worker: Worker = get_worker()
        self._key = self._worker.get_current_task()
        self._fraction, self._message = 0.0, ""
        self._report_due = self._partial_due = 0.0  # by `time.monotonic`

    def report(self, fraction: float, message: str = "") -> None:
        self._fraction, self._message = fraction, message
        if time.monotonic() >= self._report_due:
            self._say(None)

    def publish(self, partial: object) -> None:
        if time.monotonic() < self._partial_due:
            return
        packed = pickle.dumps(partial, protocol=pickle.HIGHEST_PROTOCOL)
        if len(packed) <= _LARGEST_PARTIAL:
            self._partial_due = time.monotonic() + _PACE
            self._say(packed)

    def check(self) -> None:
        # A task that its client has cancelled, or whose client is gone, is no longer wanted: the worker
        # knows that at once, but cannot end a thread.
        task = self._worker.state.tasks.get(self._key)
        if task is None or task.state == "cancelled":
            raise Cancelled(self._job)

    def _say(self, partial: bytes | None) -> None:
        self._report_due = time.monotonic() + _PACE
        report = Report(self._job, self._fraction, self._message, partial)
        self._worker.log_event(TOPIC, {"report": asdict(report)})
