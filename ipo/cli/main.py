"""Command line: `ipo run` serves the app, `ipo fetch` brings data, `ipo serve-inspector` steps a training,
`ipo serve-decoder` makes images for other machines, `ipo cluster` starts processes that compute, `ipo digits`
trains and uses the model of digits that the app shows.
"""

import os
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ipo.cli.digits import digits
from ipo.cli.mail import mail
from ipo.cli.terminal import Home, errors_in_a_line, progress_bar
from ipo.datasets import mnist
from ipo.embedding import efficientnet_weights
from ipo.project import app_folder, project_folder

cli = typer.Typer(help="ipo: a workbench for teaching models by hand.", no_args_is_help=True)

cli.add_typer(digits, name="digits")
cli.add_typer(mail, name="mail")


class Dataset(StrEnum):
    """What can be fetched."""

    MNIST = "mnist"
    MAIL = "mail"
    EMBEDDER = "embedder"


@cli.callback()
def _root() -> None:
    pass


@cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(context: typer.Context, home: Home = None) -> None:
    """Serve the app on this machine. Further options go to `streamlit run`."""
    os.environ["IPO_HOME"] = str((home or project_folder()).resolve())
    app = app_folder() / "app.py"
    raise typer.Exit(subprocess.call([sys.executable, "-m", "streamlit", "run", str(app), *context.args]))


@cli.command()
def fetch(dataset: Dataset, home: Home = None) -> None:
    """Fetch a public data set, or weights that read images, into the project folder, unless it is there."""
    folder = home or project_folder()
    with errors_in_a_line(), progress_bar() as bar:
        if dataset == Dataset.MNIST:
            name, where, fetched = "MNIST", mnist.folder_in(folder), mnist.fetch(folder, bar)
        elif dataset == Dataset.EMBEDDER:
            name, where = efficientnet_weights.TITLE, efficientnet_weights.path_in(folder)
            fetched = efficientnet_weights.fetch(folder, bar)
        else:
            from ipo.mail import corpus, mail_sets  # loads what reads HTML

            name, where = corpus.TITLE, mail_sets.path_in(folder, corpus.NAME)
            fetched = corpus.fetch(folder, bar)
    typer.echo(f"Fetched {name} into {where}" if fetched else f"{name} is already there: {where}")


@cli.command(name="serve-inspector")
def serve_inspector(
    recipe: Annotated[list[str] | None, typer.Option(help="A recipe that may be run; repeatable.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8765,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    token: Annotated[str | None, typer.Option(envvar="IPO_INSPECT_TOKEN", help="Else a new one.")] = None,
    home: Home = None,
) -> None:
    """Step a training over HTTP, for notebooks and scripts. See docs/inspector_from_python.md."""
    from ipo.inspector.http import serve  # loads torch, which no other command needs
    from ipo.inspector.recipes import registry
    from ipo.registry import RECIPES

    for name, place in RECIPES.items():
        registry.offer(name, place)
    if home is not None:
        os.environ["IPO_HOME"] = str(home.resolve())
    try:
        serve.serve(recipe or ["autoencoder_bcl"], host, port, token, typer.echo)
    except (ValueError, OSError) as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from error


@cli.command(name="inspection-html")
def inspection_html(
    source: Annotated[Path, typer.Argument(help="An inspection or a saved session, as npz.")],
    target: Annotated[Path | None, typer.Argument(help="Default: beside it, with the ending .html.")] = None,
    most_mb: Annotated[int, typer.Option(min=1, help="Steps are left out until it is no larger.")] = 64,
) -> None:
    """Write what was seen of a training as one page that any browser opens. See docs/inspection_files.md."""
    from ipo.inspector.sharing import command_line  # loads torch

    with errors_in_a_line(), progress_bar() as bar:
        command_line.write_html(
            source, target or source.with_suffix(".html"), most_mb * 10**6, typer.echo, bar
        )


@cli.command(name="compare-inspections")
def compare_inspections(
    here: Annotated[Path, typer.Argument(help="An inspection or a saved session, as npz.")],
    there: Annotated[Path, typer.Argument(help="Of a run that should be equal.")],
) -> None:
    """Say where two runs part: the first step, tensor and element. Ends with 1 where they do."""
    from ipo.inspector.sharing import command_line  # loads torch

    with errors_in_a_line():
        equal = command_line.compare(here, there, typer.echo)
    raise typer.Exit(0 if equal else 1)


@cli.command(name="serve-decoder")
def serve_decoder(
    decoder: Annotated[str, typer.Option(help="The decoder to offer: procedural, ssvae, …")] = "procedural",
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of the decoder, as name=value; repeatable.")
    ] = None,
    allowed: Annotated[
        list[str] | None,
        typer.Option("--allow", help="Text that clients may choose, such as a negative prompt; repeatable."),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Where to listen; other than this machine needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8766,
    token: Annotated[str, typer.Option(envvar="IPO_DECODER_TOKEN", help="What clients have to know.")] = "",
    size: Annotated[
        int, typer.Option(help="Pixels a side of the first image, drawn before it listens.")
    ] = 512,
    home: Home = None,
) -> None:
    """Make images for the `remote` decoder of other machines. See docs/image_server.md."""
    from ipo.image_server import serve  # loads uvicorn
    from ipo.image_server.offered import OfferedDecoder, find_kind

    folder = home or project_folder()
    with errors_in_a_line():
        offered = OfferedDecoder(folder, find_kind(folder, decoder), assignments or [], allowed or [])
        serve.serve(offered, host, port, token, size, typer.echo)


@cli.command()
def cluster(
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: all cores but one.")] = None,
    gpus: Annotated[int, typer.Option(min=0, help="How many of them have a GPU each.")] = 0,
    host: Annotated[
        str, typer.Option(help="Where to listen; other than this machine lets others join.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8786,
    home: Home = None,
) -> None:
    """Compute in several processes: start a Dask scheduler and workers here. See docs/cluster.md."""
    from ipo.cluster import local  # loads Dask, an extra

    count = workers or max(local.default_workers(), gpus)
    with errors_in_a_line():
        if gpus > count:
            raise ValueError(f"{gpus} GPUs for {count} workers; up to one for each would be right.")
        local.serve(host, port, count, gpus, home or project_folder(), typer.echo)


def main() -> None:
    cli()
