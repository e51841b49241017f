"""Command line: `ipo run` serves the app."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

cli = typer.Typer(help="ipo: a workbench for teaching models by hand.", no_args_is_help=True)


@cli.callback()
def _root() -> None:
    pass


@cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Project folder; default IPO_HOME or ./data.")] = None,
) -> None:
    """Serve the app on this machine. Further options go to `streamlit run`."""
    app = Path(__file__).resolve().parent.parent / "app.py"
    if not app.exists():
        raise typer.BadParameter(f"{app} is not there; run this from a checkout: pip install -e .")
    if home is not None:
        os.environ["IPO_HOME"] = str(home.resolve())
    raise typer.Exit(
        subprocess.call([sys.executable, "-m", "streamlit", "run", str(app), *context.args], cwd=app.parent)
    )


def main() -> None:
    cli()
