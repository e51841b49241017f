"""Command line: `ipo run` serves the app, `ipo fetch` brings data, `ipo serve-inspector` steps a training."""

import os
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import rich.progress
import typer
from rich.console import Console

from ipo.datasets import mnist
from ipo.datasets.errors import DatasetError
from ipo.project import project_folder

cli = typer.Typer(help="ipo: a workbench for teaching models by hand.", no_args_is_help=True)

Home = Annotated[Path | None, typer.Option(help="Project folder; default IPO_HOME or ./data.")]


class Dataset(StrEnum):
    """What can be fetched."""

    MNIST = "mnist"


@cli.callback()
def _root() -> None:
    pass


@cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(context: typer.Context, home: Home = None) -> None:
    """Serve the app on this machine. Further options go to `streamlit run`."""
    app = Path(__file__).resolve().parent.parent / "app.py"
    if not app.exists():
        raise typer.BadParameter(f"{app} is not there; run this from a checkout: pip install -e .")
    if home is not None:
        os.environ["IPO_HOME"] = str(home.resolve())
    raise typer.Exit(
        subprocess.call([sys.executable, "-m", "streamlit", "run", str(app), *context.args], cwd=app.parent)
    )


@cli.command()
def fetch(dataset: Dataset, home: Home = None) -> None:
    """Fetch a public data set into the project folder, unless it is there already."""
    folder = home or project_folder()
    try:
        with rich.progress.Progress(console=Console(stderr=True), transient=True) as bars:
            fetched = mnist.fetch(folder, _Bar(bars))
    except (DatasetError, OSError) as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from error
    where = mnist.folder_in(folder)
    typer.echo(f"Fetched MNIST into {where}" if fetched else f"MNIST is already there: {where}")


@cli.command(name="serve-inspector")
def serve_inspector(
    recipe: Annotated[list[str] | None, typer.Option(help="A recipe that may be run; repeatable.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8765,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    token: Annotated[str | None, typer.Option(envvar="IPO_INSPECT_TOKEN", help="Else a new one.")] = None,
    home: Home = None,
) -> None:
    """Step a training over HTTP, for notebooks and scripts. See docs/inspector_from_python.md."""
    from ipo.inspector import serving  # loads torch, which no other command needs

    if home is not None:
        os.environ["IPO_HOME"] = str(home.resolve())
    try:
        serving.serve(recipe or ["autoencoder_bcl"], host, port, token, typer.echo)
    except (ValueError, OSError) as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from error


class _Bar:
    """Draws the progress of one piece of work in the terminal."""

    def __init__(self, bars: rich.progress.Progress) -> None:
        self._bars = bars
        self._task = bars.add_task("", total=1)

    def report(self, fraction: float, message: str = "") -> None:
        self._bars.update(self._task, completed=fraction, description=message)

    def check(self) -> None:
        """Ctrl-C raises `KeyboardInterrupt` by itself."""


def main() -> None:
    cli()
