"""How long work talks to whoever started it: progress out, cancellation in.

Code below `background` takes a `Progress` instead of a job, so that it runs the same in a lane, in a
script and in a test.
"""

from typing import Protocol


class Cancelled(Exception):
    """The work was asked to stop; nothing it had finished is lost."""


class Progress(Protocol):
    """What long work may call while it runs."""

    def report(self, fraction: float, message: str = "") -> None:
        """Say how far the work is: `fraction` in 0…1 and one short sentence."""

    def check(self) -> None:
        """Raise `Cancelled` if the work was asked to stop."""


class Silent:
    """A `Progress` that nobody listens to."""

    def report(self, fraction: float, message: str = "") -> None:
        """Ignore the report."""

    def check(self) -> None:
        """Never cancelled."""


SILENT = Silent()
