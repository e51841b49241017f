"""What commands share: the project folder as an option, a bar for progress, errors in one line."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated

import rich.progress
import typer
from rich.console import Console

from ipo.datasets.errors import DatasetError
from ipo.jobs import Cancelled

Home = Annotated[Path | None, typer.Option(help="Project folder; default IPO_HOME or ./data.")]


@contextlib.contextmanager
def errors_in_a_line() -> Iterator[None]:
    """Within, what is wrong with data, labels or model is said in one line."""
    try:
        yield
    except (DatasetError, ValueError, ArithmeticError, RuntimeError, OSError) as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from error


@contextlib.contextmanager
def progress_bar() -> Iterator["ProgressBar"]:
    with rich.progress.Progress(console=Console(stderr=True), transient=True) as bars:
        yield ProgressBar(bars)


class ProgressBar:
    """Draws the progress of one piece of work in the terminal."""

    def __init__(self, bars: rich.progress.Progress) -> None:
        self._bars = bars
        self._task = bars.add_task("", total=1)
        self._stopping = False

    def report(self, fraction: float, message: str = "") -> None:
        self._bars.update(self._task, completed=fraction, description=message)

    def check(self) -> None:
        """Ctrl-C raises `KeyboardInterrupt` by itself, unless it was told to stop gently."""
        if self._stopping:
            raise Cancelled("Ctrl-C")

    @contextlib.contextmanager
    def stopped_by_ctrl_c(self) -> Iterator[None]:
        """Within, the first Ctrl-C asks the work to stop; the second one breaks it off."""

        def stop(number: int, frame: FrameType | None) -> None:
            self._stopping = True
            signal.signal(signal.SIGINT, before)

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
