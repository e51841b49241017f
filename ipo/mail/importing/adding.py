"""Adds mails that were imported to a set in the project folder, in one step."""

from dataclasses import dataclass, replace
from pathlib import Path

from ipo.datasets.errors import DatasetMissing
from ipo.file_locks import file_lock
from ipo.mail import corpus, mail_sets
from ipo.mail.importing.report import BadImport, ImportResult
from ipo.mail.mails import NONE, Mail, MailSet, collect
from ipo.slugs import slug


@dataclass(frozen=True)
class Added:
    """What a set is after an import."""

    name: str  # that `mail_sets` knows it by
    mails: MailSet
    new: int  # mails that it did not have


def add_to_set(home: Path, title: str, result: ImportResult) -> Added:
    """Add mails to the set that somebody calls `title`; a new one, if there is none.

    Mails that it has stay as they are; those without a label take the one that comes. Raises `BadImport`
    where there is nothing to add, `DatasetDamaged` and `OSError`; then nothing has changed.
    """
    title = " ".join(title.split())
    name = slug(title)
    if not title or name == corpus.NAME:
        raise BadImport(f"{title or 'Nothing'!r} can be no name of your mails; another one would be right.")
    if not result.mails:
        why = f" {result.report[0]}" if result.report else ""
        raise BadImport(f"There is no mail to import.{why}")
    folder = mail_sets.folder_in(home)
    folder.mkdir(parents=True, exist_ok=True)
    with file_lock(folder / f".{name}.lock"):
        before = _mails(home, name)
        mails = {mail.id: mail for mail in before}
        for mail in result.mails:
            known = mails.setdefault(mail.id, mail)
            if known.given == NONE and mail.given != NONE:
                mails[mail.id] = replace(known, given=mail.given)
        after = collect(mails.values())
        mail_sets.store(home, name, after, title)
    return Added(name, after, len(after) - len(before))


def _mails(home: Path, name: str) -> list[Mail]:
    """Raises `DatasetDamaged` and `OSError`."""
    try:
        stored = mail_sets.load(home, name)
    except DatasetMissing:
        return []
    return [stored.mail(row) for row in range(len(stored))]
