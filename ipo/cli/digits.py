"""`ipo digits …`: train the model of digits, use it, and move its labels in and out."""

from pathlib import Path
from typing import Annotated

import typer

from ipo.cli.terminal import Home, errors_in_a_line, progress_bar
from ipo.project import project_folder

digits = typer.Typer(help="The model of digits, with the labels of the app.", no_args_is_help=True)

Data = Annotated[
    str, typer.Option(help="mnist, a name in datasets/images, or the path of an npz or of IDX images.")
]
Weight = Annotated[float | None, typer.Option(help="Default: as it was.")]


@digits.command()
def images(
    white: Annotated[
        int | None, typer.Option(min=1, max=255, help="The number that is white, where that is asked.")
    ] = None,
    keep_labels: Annotated[
        bool, typer.Option("--keep-labels", help="The labels hold for images that changed.")
    ] = False,
    take_labels: Annotated[
        bool, typer.Option("--take-labels", help="Go on with labels of the same images in another folder.")
    ] = False,
    data: Data = "mnist",
    home: Home = None,
) -> None:
    """Say which images and labels there are, and answer what opening them asks."""
    from ipo.digits import command_line as digits_at_work

    with errors_in_a_line():
        digits_at_work.settle_images(
            home or project_folder(), data, white, keep_labels, take_labels, typer.echo
        )


@digits.command()
def label(
    true: Annotated[int, typer.Option(min=1, help="How many; of those that have no label yet.")],
    data: Data = "mnist",
    home: Home = None,
) -> None:
    """Label images with what the data set says they show, as many of each class as can be."""
    from ipo.digits import command_line as digits_at_work

    with errors_in_a_line():
        digits_at_work.label(home or project_folder(), data, true, typer.echo)


@digits.command()
def train(
    epochs: Annotated[int, typer.Option(min=1, max=200)] = 10,
    recon_weight: Weight = None,
    kl_weight: Weight = None,
    label_weight: Weight = None,
    consistency_weight: Weight = None,
    contrast_weight: Weight = None,
    learning_rate: Weight = None,
    latent_dim: Annotated[int | None, typer.Option(help="Of a new model.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of a new model.")] = None,
    data: Data = "mnist",
    home: Home = None,
) -> None:
    """Train, going on from the last training. Ctrl-C stops after the batch and keeps what was learnt."""
    from ipo.digits import command_line as digits_at_work  # loads torch

    turns = {
        "recon_weight": recon_weight,
        "kl_weight": kl_weight,
        "label_weight": label_weight,
        "consistency_weight": consistency_weight,
        "contrast_weight": contrast_weight,
        "learning_rate": learning_rate,
    }
    model = {"latent_dim": latent_dim, "seed": seed}
    with errors_in_a_line(), progress_bar() as bar, bar.stopped_by_ctrl_c():
        digits_at_work.train(home or project_folder(), data, epochs, turns, model, typer.echo, bar)


@digits.command()
def predict(
    out: Annotated[Path | None, typer.Option(help="Default: predictions.csv beside the labels.")] = None,
    data: Data = "mnist",
    home: Home = None,
) -> None:
    """Write what the model says of every image: Serial, label, certainty."""
    from ipo.digits import command_line as digits_at_work

    with errors_in_a_line(), progress_bar() as bar:
        digits_at_work.predict(home or project_folder(), data, out, typer.echo, bar)


@digits.command()
def suggest(
    count: Annotated[int, typer.Option(help="Images.", min=1)] = 12,
    strategy: Annotated[
        str | None,
        typer.Option(
            help="typical, entropy, margin, bald, core_set or hybrid; default: what fits the labels."
        ),
    ] = None,
    data: Data = "mnist",
    home: Home = None,
) -> None:
    """Say which images to label next, the one that teaches most first, and why."""
    from ipo.digits import command_line as digits_at_work

    with errors_in_a_line(), progress_bar() as bar:
        digits_at_work.suggest(home or project_folder(), data, count, strategy, typer.echo, bar)


@digits.command()
def evaluate(data: Data = "mnist", home: Home = None) -> None:
    """Accuracy on the official test images, and on held-out labels."""
    from ipo.digits import command_line as digits_at_work

    with errors_in_a_line():
        digits_at_work.evaluate(home or project_folder(), data, typer.echo)


@digits.command()
def export_labels(
    target: Annotated[Path, typer.Argument(help="A file that ends in .csv or .parquet.")],
    data: Data = "mnist",
    home: Home = None,
) -> None:
    """Write all labels with image id, class, who gave them and when."""
    from ipo.digits import command_line as digits_at_work

    with errors_in_a_line():
        digits_at_work.export_labels_to(home or project_folder(), data, target, typer.echo)


@digits.command()
def import_labels(
    table: Annotated[Path, typer.Argument(help="CSV or Parquet, as export-labels writes, or a labels.csv.")],
    theirs: Annotated[bool, typer.Option(help="Take labels also where another one is here.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be taken.")] = False,
    data: Data = "mnist",
    home: Home = None,
) -> None:
    """Take labels from a table; one undo takes all back."""
    from ipo.digits import command_line as digits_at_work

    with errors_in_a_line():
        digits_at_work.import_labels_from(home or project_folder(), data, table, theirs, dry_run, typer.echo)


@digits.command()
def export_images(
    target: Annotated[Path, typer.Argument(help="A new folder, or a file that ends in .zip.")],
    unlabelled: Annotated[bool, typer.Option(help="Those without a label too.")] = False,
    data: Data = "mnist",
    home: Home = None,
) -> None:
    """Write labelled images as PNG, a folder per class, as torchvision and FiftyOne read them."""
    from ipo.digits import command_line as digits_at_work

    with errors_in_a_line(), progress_bar() as bar:
        digits_at_work.export_images_to(home or project_folder(), data, target, unlabelled, typer.echo, bar)
