"""Mails that somebody brings in a file, added to a set on a lane; what came of it, by place and reason."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from background import Lane
from ipo.jobs import Progress
from ipo.mail.importing.adding import add_to_set
from ipo.mail.importing.files import read_content
from ipo.mail.importing.report import Problem
from ipo.mail.mails import NONE
from ipo.services.background_cache import PortableJob
from ipo.services.mail.services import MailServices
from ipo.services.session_jobs import SessionJob, SessionJobs

IMPORT = "mail import"
_ANY_SET = ""  # what an import is about, before its file was read


@dataclass(frozen=True)
class ImportSummary:
    """What a set has after an import."""

    name: str  # of the set
    mails: int
    new: int
    known: int  # mails of the file that the set had, or that came twice
    problems: tuple[Problem, ...]


def start_import(
    jobs: SessionJobs, services: MailServices, home: Path, title: str, file_name: str, content: bytes
) -> SessionJob:
    """Add the mails of a file to the set called `title`, a new one if there is none."""
    work = partial(import_mails, home, title, file_name, content)

    def adopt(_: ImportSummary) -> None:
        services.list_now()

    return jobs.begin(IMPORT, _ANY_SET, Lane.FETCH, PortableJob("import mails", work), adopt)


def last_import(jobs: SessionJobs) -> SessionJob | None:
    """The import under way, or the last one."""
    return jobs.last(IMPORT, _ANY_SET)


def import_mails(home: Path, title: str, file_name: str, content: bytes, progress: Progress) -> ImportSummary:
    """Raises `BadImport`, `DatasetDamaged` and `OSError`; then nothing has changed."""
    result = read_content(file_name, content, progress, NONE)
    added = add_to_set(home, title, result)
    known = result.copies + len(result.mails) - added.new
    return ImportSummary(added.name, len(added.mails), added.new, known, tuple(result.report))
