"""Mails as mail programs store them: one message in a file, or many in an mbox."""

import re
from collections.abc import Iterator

from ipo.jobs import Progress
from ipo.mail.importing.report import REPORT, BadImport, Problem
from ipo.mail.mails import Mail
from ipo.mail.messages.mime import BadMessage
from ipo.mail.messages.parsing import is_cut_short, parse_message

MOST_MESSAGE = 20_000_000  # bytes
MOST_LINES = 3_000_000  # of an mbox: 50 MB with lines that are not very short

# The line before each message, as in “From - Mon Sep 02 10:00:00 2002”. Text of a mail may begin with From as
# well: a header must follow.
_SEPARATOR = re.compile(
    rb"^From [^\n]{0,200}\d{1,2}:\d{2}[^\n]{0,60}\n(?=>?[!-9;-~]{1,80}:|[ \t]*\r?\n|\Z)", re.MULTILINE
)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


def read_message(name: str, content: bytes, given: int) -> Mail | Problem:
    """The mail in a file of one message."""
    if len(content) > MOST_MESSAGE:
        return Problem(name, f"it has {len(content):,} bytes; up to {MOST_MESSAGE:,} can be read.")
    try:
        return parse_message(content, given, name)
    except BadMessage as error:
        return Problem(name, f"{error}.")


def read_mbox(name: str, content: bytes, given: int, progress: Progress) -> Iterator[Mail | Problem]:
    """The mails of an mbox; where the file is cut, what is left of the last one.

    Raises `BadImport` for more lines than can be read.
    """
    lines = content.count(b"\n")
    if lines > MOST_LINES:
        raise BadImport(f"it has {lines:,} lines; up to {MOST_LINES:,} can be read. Split the file.")
    starts = [found.start() for found in _SEPARATOR.finditer(content)]
    if not starts:
        yield Problem(f"{name}, line 1", "no header follows this line; an mbox has one there.")
        return
    ends = [*starts[1:], len(content)]
    line = 1 + content.count(b"\n", 0, starts[0])
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        if number % REPORT == 0:
            progress.report(number / len(starts), f"Message {number:,} of {len(starts):,}")
        raw = content[start:end]
        place = f"{name}, message {number}, line {line}"
        line += raw.count(b"\n")
        yield read_message(place, _QUOTED_FROM.sub(rb"\1", raw), given)
        if (
            end == len(content)
            and len(raw) <= MOST_MESSAGE
            and (not raw.endswith(b"\n") or is_cut_short(raw))
        ):
            yield Problem(place, "the file ends within this message; what is there was read.")
