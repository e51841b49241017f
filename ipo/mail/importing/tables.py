"""Mails in a table, CSV or TSV, as spreadsheets, mail programs and data sets write it."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from ipo.datasets.csv_cells import unguard_formula
from ipo.jobs import Progress
from ipo.mail.importing.kinds import is_utf16
from ipo.mail.importing.report import REPORT, BadImport, Problem
from ipo.mail.mails import NONE, SAFE, SPAM, Mail
from ipo.mail.messages.charsets import guess_charset
from ipo.mail.messages.parsing import parse_date, parse_text
from ipo.visible import visible

_MOST_CELL = 20_000_000  # characters
_MOST_ROWS = 1_000_000  # empty ones are counted too
_MOST_HEAD = 100_000  # characters of the line that names the columns
_SHORT = 40  # characters of a cell in a message
csv.field_size_limit(_MOST_CELL)  # 131,072 without it, which mails exceed
_DELIMITERS = ",;\t"
_SEPARATOR = re.compile(r"\Asep=.\r?\n")  # what some spreadsheets write first

_COLUMNS = {
    "title": (
        "title",
        "subject",
        "betreff",
        "objet",
        "asunto",
        "assunto",
        "oggetto",
        "onderwerp",
        "temat",
        "тема",
    ),
    "body": (
        "body",
        "text",
        "message",
        "content",
        "mail",
        "email",
        "e-mail",
        "email text",
        "nachricht",
        "corps",
        "cuerpo",
        "corpo",
        "hoofdtekst",
        "treść",
        "текст сообщения",
        "v2",
        "sms",
    ),
    "label": (
        "label",
        "class",
        "category",
        "target",
        "spam",
        "is_spam",
        "spam/ham",
        "label_num",
        "type",
        "email type",
        "v1",
        "y",
    ),
    "date": ("date", "received", "sent", "datum", "timestamp"),
}
_LABELS = {
    **dict.fromkeys(("spam", "junk", "phishing", "1", "1.0", "true", "yes"), SPAM),
    **dict.fromkeys(
        ("safe", "ham", "legit", "legitimate", "not spam", "no spam", "0", "0.0", "false", "no"), SAFE
    ),
    **dict.fromkeys(("", "nan", "na", "n/a", "none", "null", "-1"), NONE),
}
_RIGHT = "title, body and label would be right (subject and text, and ham for safe, are understood too)"


@dataclass(frozen=True)
class _Columns:
    """Where the cells of a row are."""

    body: int
    title: int | None
    label: int | None
    date: int | None
    count: int


def parse_label(text: str) -> int | None:
    """The label that a word means, NONE for no word; `None` for a word that means no label."""
    word = text.strip().casefold().removesuffix(" email").removesuffix(" mail")
    return _LABELS.get(word)


def read_table(name: str, content: bytes, given: int, progress: Progress) -> Iterator[Mail | Problem]:
    """The mails of a table; `given` is the label where it gives none.

    Raises `BadImport` for what is no table of mails, and for more rows than can be read.
    """
    text = _SEPARATOR.sub("\n", _decode(content), count=1)
    delimiter, columns = _head(name, text)
    plain = delimiter == "\t" and not _quotes_fit(text)  # quotes are text there
    lines = io.StringIO(text, newline="")
    if plain:
        rows = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)
    else:
        rows = csv.reader(lines, delimiter=delimiter, strict=True)
    has_head, end = False, text.count("\n") + 1
    for row in count(1):
        line = rows.line_num + 1
        if row > _MOST_ROWS:
            raise BadImport(f"line {line:,}: up to {_MOST_ROWS:,} rows can be read. Split the file.")
        if row % REPORT == 0:
            progress.report(line / end, f"Line {line:,} of {end:,}")
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Problem(f"{name}, line {line}", _explain(error))
            continue
        if any(cell.strip() for cell in cells):
            if has_head:
                yield _read_row(f"{name}, line {line}", cells, columns, given)
            has_head = True


def _read_row(place: str, cells: Sequence[str], columns: _Columns, given: int) -> Mail | Problem:
    surplus = [cell for cell in cells[columns.count :] if cell.strip()]
    if surplus or len(cells) < columns.count:
        hint = " Text with commas or new lines belongs in quotes." if surplus else ""
        return Problem(place, f"it has {len(cells)} cells, the first line {columns.count}.{hint}")
    title, body = unguard_formula(_cell(cells, columns.title)), unguard_formula(cells[columns.body])
    word = _cell(cells, columns.label)
    label = parse_label(word)
    if label is None:
        return Problem(place, f"the label is {_short(word)}; spam, safe or nothing would be right.")
    if not title.strip() and not body.strip():
        return Problem(place, "it has neither a title nor a body.")
    return parse_text(
        title, body, given if label == NONE else label, parse_date(_cell(cells, columns.date)), place
    )


def _cell(cells: Sequence[str], at: int | None) -> str:
    return "" if at is None else cells[at]


def _decode(content: bytes) -> str:
    if is_utf16(content):
        marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        return content.decode("utf-16" if marked else "utf-16-le", errors="replace").replace("\0", "")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode(guess_charset(content), errors="replace")
    return text.replace("\0", "")


def _head(name: str, text: str) -> tuple[str, _Columns]:
    """Delimiter and columns by the first line. Raises `BadImport`."""
    first = next(line for line in io.StringIO(text, newline=None) if line.strip())
    number = text[: text.index(first.rstrip("\n"))].count("\n") + 1
    first = first[:_MOST_HEAD]
    for delimiter in sorted(_DELIMITERS, key=first.count, reverse=True):
        try:
            cells = next(csv.reader([first], delimiter=delimiter))
        except csv.Error:  # a line without end
            break
        names = [cell.strip().casefold() for cell in cells]
        places = {
            column: next((names.index(alias) for alias in aliases if alias in names), None)
            for column, aliases in _COLUMNS.items()
        }
        if places["body"] is not None:
            while names and not names[-1]:
                names.pop()  # commas at the end of each line
            return delimiter, _Columns(
                places["body"], places["title"], places["label"], places["date"], len(names)
            )
    held = _short(first.strip())
    raise BadImport(f"line {number}: {held} names no column body or text; {_RIGHT}.")


def _quotes_fit(text: str) -> bool:
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter="\t", strict=True):
            pass
    except csv.Error:
        return False
    return True


def _explain(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "quotes that are opened here are never closed: this row and all below it are lost."
    return f"{error}. A quote within quotes is written twice."


def _short(text: str) -> str:
    return f"“{visible(text if len(text) <= _SHORT else f'{text[:_SHORT]}…')}”"
