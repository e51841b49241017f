"""Work on a model in another process, followed line by line until it ends."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from ipo.digits.epoch_metrics import TrainingPoint
from ipo.digits.status import TrainingFailed
from ipo.digits.training.messages import Message, parse_message
from ipo.jobs import Cancelled, Progress


class Worker(Protocol):
    """Work under way, elsewhere."""

    def lines(self) -> Iterator[Mapping[str, Any]]: ...
    def turn(self, changes: Mapping[str, float]) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


class Listener(Protocol):
    """Whoever is told how the work goes."""

    def hear_message(self, message: Message) -> None: ...
    def hear_point(self, point: TrainingPoint) -> None: ...
    def hear_progress(self, fraction: float, text: str) -> None: ...
    def stop(self) -> None: ...


def follow(worker: Worker, listener: Listener, progress: Progress) -> Mapping[str, Any] | None:
    """Pass on what a worker says until it ends; what came of it, `None` where there is nothing to say.

    Cancelled through `progress`, the listener is asked once to stop it, and `Cancelled` is raised when it has
    ended. Raises `TrainingFailed`.
    """
    last: Mapping[str, Any] = {"error": "The process ended without a word."}
    cancelled = False
    for line in worker.lines():
        if "message" in line:
            listener.hear_message(parse_message(line["message"]))
        elif "point" in line:
            listener.hear_point(TrainingPoint(**line["point"]))
        elif "progress" in line:
            listener.hear_progress(line["progress"], line["text"])
            progress.report(line["progress"], line["text"])
        else:
            last = line
        if not cancelled and _is_cancelled(progress.check):
            cancelled = True
            listener.stop()
    if "error" in last:
        raise TrainingFailed(last["error"])
    if cancelled:
        raise Cancelled("work on the SSVAE")
    done: Mapping[str, Any] | None = last["done"]
    return done


def complete(worker: Worker, progress: Progress) -> None:
    """Follow work that only its job speaks of, and close its worker. Raises what `follow` does."""
    try:
        follow(worker, _Quiet(worker), progress)
    finally:
        worker.close()


class _Quiet:
    """Passes on nothing but a stop."""

    def __init__(self, worker: Worker) -> None:
        self.stop = worker.stop

    def hear_message(self, message: Message) -> None:
        """Errors are raised."""

    def hear_point(self, point: TrainingPoint) -> None:
        """Only a training has points."""

    def hear_progress(self, fraction: float, text: str) -> None:
        """The job says it."""


def _is_cancelled(check: Callable[[], None]) -> bool:
    try:
        check()
    except Cancelled:
        return True
    return False
