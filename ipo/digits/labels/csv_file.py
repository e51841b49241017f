"""`labels.csv`: a row `Serial,label` for each image that has a label.

What spreadsheets and pandas make of it is read too: byte order marks, UTF-16, semicolons or tabs, columns in
another order, empty rows and columns, 7.0 for 7. What cannot be read is refused, with its line: a label would
otherwise be lost when the file is written again.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ipo.digits.labels.spreadsheet import NoText, Rows, decode, is_absent, parse_whole, short
from ipo.durable import check_replaceable
from ipo.regular_files import read_regular

Values = NDArray[np.int8]
T = TypeVar("T")

NONE = -1  # no label
UNSURE = -2  # somebody looked and could not say: neither taught nor suggested
HEAD = ("Serial", "label")
SERIALS = ("Serial",)  # the head of a file that only lists images

_MOST_BYTES = 1 << 30
_REMEDY = "Correct the file, or move it away to begin without labels. It was left as it is."


class BadLabels(ValueError):
    """labels.csv cannot be read as it is; the message says where and what would be right."""


class _Wrong(Exception):
    """What is wrong with one row."""


def read(path: Path, count: int, classes: int) -> Values:
    """Labels `(count,)` from a file; all `NONE` where there is no file. Raises `BadLabels` and `OSError`."""
    values = np.full(count, NONE, np.int8)
    labels = _read_rows(path, HEAD, count, lambda cells: _parse_label(cells["label"], classes))
    for serial, label in labels.items():
        values[serial] = label
    return values


def read_serials(path: Path, count: int) -> NDArray[np.int64]:
    """The images that a file lists; none where there is no file. Raises `BadLabels` and `OSError`."""
    return np.array(list(_read_rows(path, SERIALS, count, lambda cells: None)), np.int64)


def encode(values: Values) -> bytes:
    """labels.csv as bytes: the labelled images, in order."""
    lines = [",".join(HEAD)]
    lines += [f"{serial},{values[serial]}" for serial in np.flatnonzero(values != NONE).tolist()]
    return ("\n".join(lines) + "\n").encode()


def encode_serials(serials: NDArray[np.int64]) -> bytes:
    """A file that lists images, as bytes."""
    return "".join(f"{line}\n" for line in (*SERIALS, *serials.tolist())).encode()


def _read_rows(
    path: Path, head: Sequence[str], count: int, parse_cells: Callable[[Mapping[str, str]], T]
) -> dict[int, T]:
    """What the cells of each row say, by its image."""
    try:
        content = read_regular(path, _MOST_BYTES)
    except FileNotFoundError:
        check_replaceable(path)  # a link to a disk that is not there must not read as “no labels”
        return {}
    except ValueError as error:
        raise BadLabels(f"{path.parent}: {error}. {_REMEDY}") from None
    try:
        rows = Rows(decode(content))
    except NoText as error:
        raise BadLabels(f"{path}, {error} {_REMEDY}") from None
    lines: dict[int, int] = {}
    found: dict[int, T] = {}
    try:
        columns = _columns(rows, head)
        for row in rows:
            cells = _named_cells(row, columns, head)
            serial = _parse_serial(cells["Serial"], count)
            if serial in lines:
                raise _Wrong(f"Serial {serial} is in line {lines[serial]} too; each may come once.")
            lines[serial] = rows.line
            found[serial] = parse_cells(cells)
    except StopIteration:
        raise BadLabels(f"{path} is empty; its first line should be {','.join(head)}. {_REMEDY}") from None
    except (_Wrong, csv.Error) as error:
        raise BadLabels(f"{path}, line {rows.line}: {error} {_REMEDY}") from None
    return found


def _columns(rows: Rows, head: Sequence[str]) -> list[str]:
    """The names in the first row. Raises `_Wrong`, and `StopIteration` where there is no row."""
    cells = next(iter(rows))
    known = {name.casefold(): name for name in head}
    names = [known.get(cell.casefold(), cell) for cell in cells]
    for name in head:
        if names.count(name) != 1:
            raise _Wrong(f"{short(','.join(cells))!r}; {','.join(head)} would be right.")
    return names


def _named_cells(row: Sequence[str], columns: Sequence[str], head: Sequence[str]) -> dict[str, str]:
    for at, cell in enumerate(row):
        name = columns[at] if at < len(columns) else ""
        if cell and name not in head:
            which = f"in the column {short(name)}" if name else "in a column without a name"
            raise _Wrong(
                f"{short(cell)} {which}; {','.join(head)} alone would be right: the rest would be lost with "
                "the next label, so keep it in a file of its own (pandas: to_csv(…, index=False))."
            )
    places = {name: columns.index(name) for name in head}
    if max(places.values()) >= len(row):
        raise _Wrong(f"{len(row)} values; {','.join(head)} would be right.")
    return {name: row[place] for name, place in places.items()}


def _parse_serial(text: str, count: int) -> int:
    serial = parse_whole(text)
    if serial is None or not 0 <= serial < count:
        raise _Wrong(f"Serial {short(text)}; 0 to {count - 1} would be right.")
    return serial


def _parse_label(text: str, classes: int) -> int:
    if is_absent(text):
        return NONE
    label = parse_whole(text)
    if label is None or not 0 <= label < classes:
        raise _Wrong(f"label {short(text)}; 0 to {classes - 1} or nothing would be right.")
    return label
