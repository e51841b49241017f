"""A training in another process, followed line by line until it ends."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from ipo.digits.runs import RunRecord, run_of
from ipo.digits.status import TrainingFailed
from ipo.digits.training.messages import Message, parse_message
from ipo.jobs import Cancelled, Progress


class Worker(Protocol):
    """A training under way, elsewhere."""

    def lines(self) -> Iterator[Mapping[str, Any]]: ...
    def turn(self, changes: Mapping[str, float]) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


class Listener(Protocol):
    """Whoever is told how a training goes."""

    def hear_message(self, message: Message) -> None: ...
    def hear_progress(self, fraction: float, text: str) -> None: ...
    def stop(self) -> None: ...


def follow(worker: Worker, listener: Listener, progress: Progress) -> RunRecord:
    """Pass on what a worker says until it ends.

    Cancelled through `progress`, the listener is asked once to stop it, and `Cancelled` is raised when it has
    ended. Raises `TrainingFailed`.
    """
    run, error, cancelled = None, "The training process ended without a word.", False
    for line in worker.lines():
        if "message" in line:
            listener.hear_message(parse_message(line["message"]))
        elif "progress" in line:
            listener.hear_progress(line["progress"], line["text"])
            progress.report(line["progress"], line["text"])
        run = line.get("run", run)
        error = line.get("error", error)
        if not cancelled and _is_cancelled(progress.check):
            cancelled = True
            listener.stop()
    if run is None:
        raise TrainingFailed(error)
    if cancelled:
        raise Cancelled("train SSVAE")
    return run_of(run)


def _is_cancelled(check: Callable[[], None]) -> bool:
    try:
        check()
    except Cancelled:
        return True
    return False
