"""How long work talks to whoever started it: progress out, cancellation in.

Code below `background` takes a `Progress` instead of a job, so that it runs the same in a lane, in a
script and in a test.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_PORTABLE: set[Callable[..., Any]] = set()


class Cancelled(Exception):
    """The work was asked to stop; nothing it had finished is lost."""


class Progress(Protocol):
    """What long work may call while it runs."""

    def report(self, fraction: float, message: str = "") -> None:
        """Say how far the work is: `fraction` in 0…1 and one short sentence."""

    def check(self) -> None:
        """Raise `Cancelled` if the work was asked to stop."""


class Publisher(Progress, Protocol):
    """A `Progress` of work whose result can be watched while it comes into being."""

    def publish(self, partial: object) -> None:
        """Show what there is so far: something immutable, which takes the place of what was there before."""


class Silent:
    """A `Progress` that nobody listens to."""

    def report(self, fraction: float, message: str = "") -> None:
        """Ignore the report."""

    def check(self) -> None:
        """Never cancelled."""

    def publish(self, partial: object) -> None:
        """Nobody looks."""

    def preview(self, render: Callable[[], Any], first: int = 0) -> None:
        """Nobody looks, and nothing is rendered."""


SILENT = Silent()


class Cancellable(Protocol):
    """Work under way."""

    def cancel(self) -> None: ...


class Work(Cancellable, Protocol):
    """Work under way that says how far it is."""

    fraction: float
    message: str
    partial: object  # what it published last; `None` before, and once it has ended

    @property
    def eta(self) -> float | None:
        """Seconds left; `None` while nothing is known."""


class Submit(Protocol):
    """Queues `fn(*args)` on a lane; `on_done` or `on_error` runs there when it ends.

    A `fn` with a parameter `progress` gets a `Progress` there.
    """

    def __call__(
        self,
        fn: Callable[..., Any],
        /,
        *args: Any,
        on_done: Callable[[Any], None],
        on_error: Callable[[BaseException], None],
        label: str,
    ) -> Work: ...


def portable(fn: F) -> F:
    """Mark a module-level function as portable: its arguments and its result can be pickled, and it touches
    nothing else of this process. It may take a parameter `progress`, a `Publisher`.

    What is not marked stays on its lane here: an incremental Ridge fit goes on from arrays that live in this
    process, an inspection step from the user's own objects, and whatever reads or writes files needs the
    project folder.
    """
    _PORTABLE.add(fn)
    return fn


def is_portable(fn: Callable[..., Any]) -> bool:
    """Whether a function, or what a `partial` calls, is marked."""
    return (fn.func if isinstance(fn, partial) else fn) in _PORTABLE


class NotDone(RuntimeError):
    """The work could not be done there, for no fault of its own: it may be done again, here."""


class Engine(Protocol):
    """Somewhere else where portable work may run."""

    @property
    def ready(self) -> bool:
        """Whether work would be taken now."""

    def run(self, fn: Callable[..., Any], args: tuple[Any, ...], progress: Publisher) -> Any:
        """What `fn(*args)` returns, computed there. Blocks until it is done.

        Raises what `fn` raises, `Cancelled` once `progress.check` does, and `NotDone`.
        """
