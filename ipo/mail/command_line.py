"""What `ipo mail …` does, on the files that the app uses."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ipo.jobs import Progress
from ipo.mail import mail_sets
from ipo.mail.importing.adding import add_to_set
from ipo.mail.importing.files import read_file
from ipo.mail.importing.report import ImportResult
from ipo.mail.importing.tables import parse_label
from ipo.mail.mails import LABEL_NAMES, NONE, SAFE, SPAM

Say = Callable[[str], object]

_MOST_PROBLEMS = 20  # that are listed


def import_mails(
    home: Path, path: Path, title: str, label: str, as_json: bool, say: Say, warn: Say, progress: Progress
) -> None:
    """Add the mails of a file or folder to a set. Raises `ValueError`, `DatasetError` and `OSError`."""
    given = parse_label(label)
    if given is None:
        raise ValueError(f"The label {label!r} is none; spam or safe would be right.")
    result = read_file(path, progress, given)
    added = add_to_set(home, title, result)
    counts = {
        LABEL_NAMES[code] or "none": int(np.sum(added.mails.given == code)) for code in (SPAM, SAFE, NONE)
    }
    known = result.copies + len(result.mails) - added.new
    if as_json:
        problems = [{"place": problem.place, "reason": problem.reason} for problem in result.report]
        summary = {"name": added.name, "mails": len(added.mails), "added": added.new, "known": known}
        say(json.dumps({**summary, "labels": counts, "problems": problems}, indent=1))
        return
    _warn_of(result, warn)
    say(
        f"Mails added: {added.new:,}, known already: {known:,}. {title} has {counts['spam']:,} spam, "
        f"{counts['safe']:,} safe, {counts['none']:,} without a label: {mail_sets.path_in(home, added.name)}"
    )


def _warn_of(result: ImportResult, warn: Say) -> None:
    for problem in result.report[:_MOST_PROBLEMS]:
        warn(str(problem))
    if len(result.report) > _MOST_PROBLEMS:
        warn(f"… and {len(result.report) - _MOST_PROBLEMS:,} more like these; --json lists all.")
