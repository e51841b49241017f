"""The SpamAssassin corpus as a set of mails in the project folder."""

from pathlib import Path

from ipo.datasets import spam_assassin
from ipo.datasets.errors import DatasetDamaged, DatasetMissing, FetchFailed
from ipo.jobs import Progress
from ipo.mail import mail_sets
from ipo.mail.mails import SAFE, SPAM, collect
from ipo.mail.messages.parsing import parse_message
from ipo.project import why_unusable

NAME = "spamassassin"
TITLE = "SpamAssassin corpus"


def available(home: Path) -> bool:
    """Whether the file is there. Cheap; `mail_sets.load` looks at the content."""
    return mail_sets.path_in(home, NAME).is_file()


def fetch(home: Path, progress: Progress, *, sha256: str = spam_assassin.SHA256) -> bool:
    """Bring the corpus, unless it is there and sound: then `False`.

    Nothing is written before everything was checked and read. Raises `FetchFailed`, also where the disk
    refuses, and what `progress` raises.
    """
    progress.report(0, "Looking at what is there")
    try:
        if _sound(home):
            return False
        messages = spam_assassin.fetch(progress, sha256)
        mails = []
        for done, message in enumerate(messages):
            if done % 100 == 0:
                progress.check()
                progress.report(
                    0.5 + 0.45 * done / len(messages), f"Reading mail {done:,} of {len(messages):,}"
                )
            given = SPAM if message.spam else SAFE
            mails.append(parse_message(message.content, given, message.name))
        mail_sets.store(home, NAME, collect(mails), TITLE)
    except OSError as error:
        folder = mail_sets.folder_in(home)
        raise FetchFailed(f"The mails take 10 MB, but {why_unusable(folder, error)}") from error
    progress.report(1, "The mails are there")
    return True


def _sound(home: Path) -> bool:
    try:
        mail_sets.load(home, NAME)
    except (DatasetMissing, DatasetDamaged):
        return False
    return True
