"""How long work talks to whoever started it: progress out, cancellation in.

Code below `background` takes a `Progress` instead of a job, so that it runs the same in a lane, in a
script and in a test.
"""

from collections.abc import Callable
from typing import Any, Protocol


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
