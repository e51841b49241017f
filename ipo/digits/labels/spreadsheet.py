"""CSV as spreadsheets and pandas write it: byte order marks, UTF-16, semicolons, tabs, empty rows, 7.0."""

import csv
import io
import re
from collections.abc import Iterator

from ipo.visible import visible

_ABSENT = ("", "nan", "na", "n/a", "#n/a", "<na>", "none", "null")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SHORT = 40  # characters of a cell in a message
# 7, 7.0, 7,0, 7.000000; not 7.000, which may be seven thousand, nor 7E+03, which may be rounded.
_WHOLE = re.compile(r"([+-]?[0-9]{1,18})(?:[.,](?:0{0,2}|0{4,}))?")


class NoText(ValueError):
    """Bytes that are no text; the message says in which line, as in “line 3: this is not UTF-8.”"""


def decode(content: bytes) -> str:
    """The text of a file. Raises `NoText`."""
    encoding, name = ("utf-16", "UTF-16") if content.startswith(_UTF16) else ("utf-8-sig", "UTF-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise NoText(f"line {line}: this is not {name}.") from None


class Rows:
    """Rows that are not empty, each with its cells stripped. Raises `csv.Error` for bad quotes."""

    def __init__(self, text: str) -> None:
        lines = io.StringIO(text, newline=None)
        first = next((line for line in io.StringIO(text, newline=None) if line.strip(',;"\t \n')), "")
        delimiter = max(",;\t", key=first.count)
        self._reader = csv.reader(lines, delimiter=delimiter, strict=True)

    @property
    def line(self) -> int:
        """The number of the line that came last, from 1."""
        return self._reader.line_num

    def __iter__(self) -> Iterator[list[str]]:
        for row in self._reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield cells


def is_absent(text: str) -> bool:
    """Whether a cell is empty, or says that nothing is known."""
    return text.casefold() in _ABSENT


def parse_whole(text: str) -> int | None:
    """The whole number that a cell is without doubt."""
    found = _WHOLE.fullmatch(text)
    return None if found is None else int(found[1])


def short(text: str) -> str:
    """A cell as a message shows it."""
    return visible(text if len(text) <= _SHORT else f"{text[:_SHORT]}…")
