"""`ipo mail …`: import mails, train the filter, measure it, and score mails with it."""

from pathlib import Path
from typing import Annotated

import typer

from ipo.cli.terminal import Home, errors_in_a_line, progress_bar
from ipo.project import project_folder

mail = typer.Typer(help="The spam filter, with the mails and labels of the app.", no_args_is_help=True)

SPAM_FOUND = 10  # exit code of `score --exit-code`

SetName = Annotated[str, typer.Option("--set", help="The set of mails, as the app lists it.")]
RunId = Annotated[str, typer.Option("--run", help="A run of the set; the newest if left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Say it as JSON.")]
Source = Annotated[
    Path, typer.Argument(help="CSV, TSV, mbox, .eml, a Maildir or a folder, or a .zip of these.")
]


@mail.callback()
def _mail() -> None:
    pass


@mail.command(name="import")
def import_mails(
    file: Annotated[
        Path, typer.Argument(help="CSV, TSV, mbox, .eml, a Maildir or a folder, or a .zip of these.")
    ],
    name: Annotated[str, typer.Option(help="What to call the mails; those of a set of that name stay.")],
    label: Annotated[str, typer.Option(help="spam or safe: of mails that come without a label.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Say it as JSON, with all problems.")] = False,
    home: Home = None,
) -> None:
    """Take mails from files, and say what could not be read, where and why."""
    from ipo.mail import command_line  # loads what reads HTML

    with errors_in_a_line(), progress_bar() as bar:
        folder = home or project_folder()
        command_line.import_mails(folder, file, name, label, json, typer.echo, _warn, bar)


@mail.command()
def train(
    name: SetName = "spamassassin",
    settings: Annotated[Path | None, typer.Option(help="JSON with settings other than the defaults.")] = None,
    json: AsJson = False,
    home: Home = None,
) -> None:
    """Train on the labelled mails of a set, as the page does, and save the run."""
    from ipo.mail import command_line

    with errors_in_a_line(), progress_bar() as bar:
        command_line.train(home or project_folder(), name, settings, json, typer.echo, bar)


@mail.command()
def evaluate(
    file: Source, name: SetName = "spamassassin", run: RunId = "", json: AsJson = False, home: Home = None
) -> None:
    """Measure a run on the labelled mails of a file, with intervals."""
    from ipo.mail import command_line

    with errors_in_a_line(), progress_bar() as bar:
        command_line.evaluate(home or project_folder(), name, run, file, json, typer.echo, _warn, bar)


@mail.command()
def score(
    file: Source,
    name: SetName = "spamassassin",
    run: RunId = "",
    json: AsJson = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help=f"End with {SPAM_FOUND} if a mail is spam.")
    ] = False,
    home: Home = None,
) -> None:
    """Say of each mail of a file how probably it is spam, by a saved run. 0: done; 1: could not be done."""
    from ipo.mail import command_line

    with errors_in_a_line(), progress_bar() as bar:
        found = command_line.score(home or project_folder(), name, run, file, json, typer.echo, _warn, bar)
    if exit_code and found:
        raise typer.Exit(SPAM_FOUND)


def _warn(text: str) -> None:
    typer.echo(text, err=True)
