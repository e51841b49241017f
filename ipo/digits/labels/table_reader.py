"""Reads a table of labels that another program wrote, CSV or Parquet, with suspicion."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ipo.datasets.csv_cells import unguard_formula
from ipo.digits.labels.image_ids import DIGITS
from ipo.digits.labels.spreadsheet import NoText, Rows, decode, is_absent, parse_whole, short

COLUMNS = ("image_id", "Serial", "label", "class_name", "unsure")

_PARQUET = b"PAR1"
MOST_BYTES = 1 << 28  # of a file, and of what is read of a Parquet file
_MOST_CELL = 10_000  # characters
_RIGHT = "a column image_id or Serial, and a column label or class_name, would be right"
# What a spreadsheet makes of an id that looks like a number to it.
_NUMBER = re.compile(r"[0-9.,]+(?:[eE][+-]?[0-9]+)?")
_ID = re.compile(rf"[0-9a-f]{{{DIGITS}}}")
_TRUE, _FALSE = ("true", "1", "1.0", "yes"), ("false", "0", "0.0", "no")


class BadTable(ValueError):
    """A file is no table of labels; the message says what would be right."""


@dataclass(frozen=True)
class TableRow:
    """One row: what it calls the image, and what it says of it."""

    line: int  # in the file; of Parquet, the number of the row
    image_id: str  # empty where it gives none
    serial: int | None
    label: str
    class_name: str
    unsure: bool


def read_table(content: bytes) -> list[TableRow]:
    """The rows of a file; columns that are not for labels are passed over. Raises `BadTable`."""
    if len(content) > MOST_BYTES:
        raise BadTable(f"The file has {len(content):,} bytes; up to {MOST_BYTES:,} would be right.")
    cells = _parquet_cells(content) if content.startswith(_PARQUET) else _csv_cells(content)
    return [_row(line, row) for line, row in cells]


def _row(line: int, cells: dict[str, str]) -> TableRow:
    """Raises `BadTable` for cells without end."""
    for name, cell in cells.items():
        if len(cell) > _MOST_CELL:
            raise BadTable(f"Line {line}: {name} has {len(cell):,} characters. {_sentence(_RIGHT)}")
    text = {name: "" if is_absent(cells.get(name, "")) else cells[name] for name in COLUMNS}
    unsure = text["unsure"].casefold()
    if unsure and unsure not in _TRUE + _FALSE:
        raise BadTable(f"Line {line}: unsure is {short(unsure)}; true or false would be right.")
    return TableRow(
        line,
        _image_id(text["image_id"], bool(text["Serial"])),
        parse_whole(text["Serial"]),
        text["label"],
        unguard_formula(cells.get("class_name", "")),  # one may well be called None
        unsure in _TRUE,
    )


def _image_id(text: str, has_serial: bool) -> str:
    """Empty for one that a spreadsheet made a number of, where Serial says the same."""
    name = text.casefold()
    return "" if has_serial and not _ID.fullmatch(name) and _NUMBER.fullmatch(name) else name


def _csv_cells(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        rows = Rows(decode(content))
    except NoText as error:
        raise BadTable(f"The file cannot be read: {error} Save it as CSV in UTF-8, or as Parquet.") from None
    try:
        names = next(iter(rows), None)
        if names is None:
            raise BadTable(f"The file is empty; {_RIGHT}.")
        places = _places(names)
        for row in rows:
            yield rows.line, {name: row[at] for name, at in places.items() if at < len(row)}
    except csv.Error as error:
        raise BadTable(f"Line {rows.line}: {error}. {_sentence(_RIGHT)}") from None


def _parquet_cells(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        places = _places(file.schema_arrow.names)
        size = sum(file.metadata.row_group(at).total_byte_size for at in range(file.num_row_groups))
        if size > MOST_BYTES:
            raise BadTable(f"The table has {size:,} bytes; up to {MOST_BYTES:,} would be right.")
        names = file.schema_arrow.names
        columns = {name: file.read([names[at]]).column(0).to_pylist() for name, at in places.items()}
    except (pa.ArrowException, OSError, ArithmeticError) as error:
        raise BadTable(f"The file is damaged, or no Parquet: {short(str(error))}") from None
    for at, values in enumerate(zip(*columns.values(), strict=True), 1):
        yield at, {name: _text(value) for name, value in zip(columns, values, strict=True)}


def _places(names: list[str]) -> dict[str, int]:
    """Where each of `COLUMNS` is. Raises `BadTable`."""
    known = {name.casefold(): name for name in COLUMNS}
    found = [known.get(name.strip().casefold()) for name in names]
    for name in COLUMNS:
        if found.count(name) > 1:
            raise BadTable(f"There are {found.count(name)} columns {name}; one would be right.")
    places = {name: at for at, name in enumerate(found) if name is not None}
    if not places.keys() & {"image_id", "Serial"} or not places.keys() & {"label", "class_name", "unsure"}:
        raise BadTable(f"The columns are {short(', '.join(names))}; {_RIGHT}.")
    return places


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
