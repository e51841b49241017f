"""Mails from what somebody has: a table, an mbox, a message, a Maildir or another folder, a zip of these."""

import os
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath

from ipo.jobs import SILENT, Progress
from ipo.mail.importing.kinds import Kind, detect, message_of_emlx
from ipo.mail.importing.messages import read_mbox, read_message
from ipo.mail.importing.report import MOST_MAILS, REPORT, BadImport, ImportResult, Problem
from ipo.mail.importing.tables import parse_label, read_table
from ipo.mail.mails import NONE, Mail
from ipo.regular_files import read_regular
from ipo.visible import visible

MOST_BYTES = 50_000_000  # of a file
MOST_UNPACKED = 200_000_000  # of a zip, or of all files of a folder

_SKIPPED_FOLDERS = ("tmp", "__MACOSX")  # of a Maildir: mails that are being written
_SKIPPED_FILES = ("maildirfolder", "subscriptions")
_SKIPPED_STARTS = (".", "dovecot")
_SKIPPED_ENDS = (".msf",)  # indices of Thunderbird
_OFFICE = "[Content_Types].xml"
_BAD_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError)


def read_file(path: Path, progress: Progress, given: int = NONE) -> ImportResult:
    """The mails of a file or folder; `given` is the label of those that come without one.

    Folders named spam, junk, ham or safe label what is in them. Raises `BadImport`, `OSError` and what
    `progress` raises.
    """
    if path.is_dir():
        return _collect(_read_folder(path, progress, given), progress)
    try:
        content = read_regular(path, MOST_BYTES)
    except ValueError as error:
        raise BadImport(f"{error}. Split it, or take a part of it.") from None
    return read_content(path.name, content, progress, given)


def read_content(name: str, content: bytes, progress: Progress, given: int = NONE) -> ImportResult:
    """The mails of a file that is in memory. As `read_file`."""
    name = visible(name)
    if len(content) > MOST_BYTES:
        raise BadImport(f"{name} has {len(content):,} bytes; up to {MOST_BYTES:,} would be right. Split it.")
    try:
        if detect(content) == Kind.ZIP:
            return _collect(_read_zip(name, content, progress, given), progress)
        return _collect(_read(name, content, given, progress), progress)
    except BadImport as error:
        raise BadImport(_at(name, str(error))) from None


def _at(name: str, problem: str) -> str:
    """Says which file a problem is of, unless it says so itself."""
    if problem.startswith(name):
        return problem
    return f"{name}, {problem}" if problem.startswith("line") else f"{name}: {problem}"


def _collect(entries: Iterator[Mail | Problem], progress: Progress) -> ImportResult:
    result = ImportResult()
    for done, entry in enumerate(entries):
        if done % REPORT == 0:
            progress.check()
        result.add(entry)
    return result


def _read(name: str, content: bytes, given: int, progress: Progress) -> Iterator[Mail | Problem]:
    """Raises `BadImport`."""
    kind = detect(content)
    if kind == Kind.ZIP:
        raise BadImport("this is a zip within a zip; unpack it first.")
    if kind == Kind.MBOX:
        return read_mbox(name, content, given, progress)
    if kind == Kind.MESSAGE:
        return iter([read_message(name, message_of_emlx(content), given)])
    return read_table(name, content, given, progress)


def _read_member(name: str, content: bytes, given: int) -> Iterator[Mail | Problem]:
    """A file among others: what is not a mail is a problem of its own."""
    try:
        yield from _read(name, content, _label_of(name, given), SILENT)
    except BadImport as error:
        yield Problem(name, str(error))


def _label_of(name: str, given: int) -> int:
    """By the folder that a file is in."""
    labels = [parse_label(folder) for folder in PurePosixPath(name).parts[:-1] if folder.isalpha()]
    return next((label for label in reversed(labels) if label is not None), given)


def _is_skipped(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        any(folder in _SKIPPED_FOLDERS or folder.startswith(_SKIPPED_STARTS) for folder in parts[:-1])
        or parts[-1].startswith(_SKIPPED_STARTS)
        or parts[-1].endswith(_SKIPPED_ENDS)
        or parts[-1] in _SKIPPED_FILES
    )


def _read_folder(folder: Path, progress: Progress, given: int) -> Iterator[Mail | Problem]:
    """Every file below it, in the order of names. Links are not followed."""
    paths = sorted(Path(root, name) for root, _, names in os.walk(folder) for name in names)
    names = [path.relative_to(folder).as_posix() for path in paths]
    left = MOST_UNPACKED
    for done, (path, name) in enumerate(zip(paths, names, strict=True)):
        if _is_skipped(name) or path.is_symlink():
            continue
        progress.report(done / len(paths), f"Reading {visible(name)}")
        shown = f"{folder.name}/{visible(name)}"
        try:
            content = read_regular(path, MOST_BYTES)
        except (OSError, ValueError) as error:
            yield Problem(shown, f"{error}.")
            continue
        left -= len(content)
        if left < 0:
            raise BadImport(
                f"{folder}: its files have more than {MOST_UNPACKED:,} bytes. Import a part of them."
            )
        yield from _read_member(shown, content, given)


def _read_zip(name: str, content: bytes, progress: Progress, given: int) -> Iterator[Mail | Problem]:
    """Every file in it, in the order of the zip. What is too large is not unpacked. Raises `BadImport`."""
    try:
        archive = zipfile.ZipFile(BytesIO(content))
    except _BAD_ZIP as error:
        raise BadImport(f"this zip is damaged or cut short ({error}).") from None
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if any(member.filename == _OFFICE for member in members):
            raise BadImport("this is a document of an office program; save it as CSV.")
        size = sum(member.file_size for member in members)
        if size > MOST_UNPACKED or len(members) > MOST_MAILS:
            raise BadImport(
                f"unpacked it would have {size:,} bytes in {len(members):,} files; up to "
                f"{MOST_UNPACKED:,} bytes in {MOST_MAILS:,} files can be imported."
            )
        for done, member in enumerate(members):
            if _is_skipped(member.filename):
                continue
            progress.report(done / len(members), f"Reading {visible(member.filename)}")
            place = f"{name}/{visible(member.filename)}"
            if member.flag_bits & 1:
                yield Problem(place, "it is encrypted; unpack it first.")
            elif member.file_size > MOST_BYTES:
                yield Problem(place, f"it has {member.file_size:,} bytes; up to {MOST_BYTES:,} can be read.")
            else:
                try:
                    unpacked = archive.read(member)
                except _BAD_ZIP as error:
                    yield Problem(place, f"it is damaged ({error}).")
                else:
                    yield from _read_member(place, unpacked, given)
