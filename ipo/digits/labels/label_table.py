"""Labels as a table for other programs, CSV or Parquet: which image, what it is, who said so and when."""

import csv
import io
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ipo.datasets.csv_cells import guard_formula
from ipo.digits.data import Data
from ipo.digits.labels.csv_file import NONE, UNSURE, Values
from ipo.digits.labels.image_ids import image_ids
from ipo.digits.labels.log import Act

Kind = Literal["csv", "parquet"]

SCHEMA = pa.schema(
    {
        "image_id": pa.string(),  # 16 hex digits of the sha256 of its pixels
        "Serial": pa.int64(),
        "label": pa.int8(),  # null where the image is unsure
        "class_name": pa.string(),
        "who": pa.string(),
        "when": pa.string(),  # ISO 8601
        "act": pa.string(),  # its event in the log; empty where the label came by another program
        "unsure": pa.bool_(),
    }
)


def label_table(data: Data, codes: Values, acts: Sequence[Act], rows: NDArray[np.int64]) -> pa.Table:
    """A line for each of `rows` that has a label in `codes` `(n,)` or is unsure. `acts` is the whole log."""
    rows = rows[codes[rows] != NONE]
    sources = [acts[at] if at >= 0 else None for at in _sources(acts, codes)[rows].tolist()]
    labels = [None if code == UNSURE else code for code in codes[rows].tolist()]
    columns: dict[str, Sequence[Any]] = {
        "image_id": image_ids(data.images[rows]),
        "Serial": rows.tolist(),
        "label": labels,
        "class_name": [None if code is None else data.class_names[code] for code in labels],
        "who": [None if act is None else act.who for act in sources],
        "when": [None if act is None else act.at for act in sources],
        "act": [None if act is None else act.event for act in sources],
        "unsure": [code is None for code in labels],
    }
    return pa.table(columns, SCHEMA)


def encode_table(table: pa.Table, kind: Kind) -> bytes:
    """A table as a file. In CSV no text is one that a spreadsheet would execute."""
    if kind == "parquet":
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        return buffer.getvalue()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows(map(_cell, row) for row in zip(*table.to_pydict().values(), strict=True))
    return text.getvalue().encode(errors="replace")


def _cell(value: str | int | bool | None) -> str:
    if isinstance(value, str):
        return guard_formula(value)
    return "" if value is None else str(value).lower()


def _sources(acts: Sequence[Act], codes: Values) -> NDArray[np.int64]:
    """The place in `acts` of the newest one that stands and gave an image its code `(n,)`; −1 for none."""
    undone: set[str] = set()
    for act in acts:
        if act.of is not None:
            (undone.discard if act.action == "redo" else undone.add)(act.of)
        undone.discard(act.event)
    sources = np.full(len(codes), -1)
    for at, act in enumerate(acts):
        if act.action == "label" and act.event not in undone:
            rows, after = np.asarray(act.serials), np.asarray(act.after)
            gave = codes[rows] == after
            sources[rows[gave]] = at
    return sources
