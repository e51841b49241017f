"""Labels out to other programs, and in from them.

An image is known again by its pixels, so that a table fits a set whose images come in another order; one
without image ids, such as a plain labels.csv, goes by Serial. What is here wins, unless asked otherwise.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ipo.digits.data import Data
from ipo.digits.labels import log
from ipo.digits.labels.csv_file import NONE, UNSURE, Values
from ipo.digits.labels.image_ids import image_ids
from ipo.digits.labels.label_table import Kind, encode_table, label_table
from ipo.digits.labels.spreadsheet import is_absent, parse_whole
from ipo.digits.labels.store import LabelStore
from ipo.digits.labels.table_reader import BadTable, TableRow, read_table

__all__ = ["BadTable", "ImportReport", "SkipReason", "Skipped", "export_labels", "import_labels"]

_LINES = 5  # that a sentence names


class SkipReason(StrEnum):
    """Why a row was not taken, in words."""

    UNKNOWN_IMAGE = "the image is not in this set"
    AMBIGUOUS_IMAGE = "several images of this set have these pixels, and Serial is none of them"
    OTHER_CLASS = "the class is none of this set"
    CONTRADICTION = "the table gives this image several labels"
    CONFLICT = "the image has another label here"
    NO_LABEL = "the row has no label"


@dataclass(frozen=True)
class Skipped:
    """Rows that were not taken for one reason, by their lines."""

    reason: SkipReason
    lines: list[int]


@dataclass(frozen=True)
class ImportReport:
    """What became of the rows of a table."""

    taken: int  # images whose label is another now, or would be
    replaced: int  # of these, those that had another label here
    same: int  # images that have this label here already
    skipped: tuple[Skipped, ...]
    dry_run: bool

    @property
    def sentences(self) -> list[str]:
        """The report, most important first."""
        would = "would be " if self.dry_run else ""
        sentences = [f"{_count(self.taken, 'label')} {would}taken."]
        if self.replaced:
            sentences.append(f"{_count(self.replaced, 'label')} of yours {would}replaced.")
        if self.same:
            sentences.append(f"Here already: {_count(self.same, 'label')}.")
        for skipped in self.skipped:
            lines = ", ".join(f"{line:,}" for line in skipped.lines[:_LINES])
            more = ", …" if len(skipped.lines) > _LINES else ""
            which = "line" if len(skipped.lines) == 1 else "lines"
            sentences.append(
                f"{_count(len(skipped.lines), 'row')} not taken: {skipped.reason} ({which} {lines}{more})."
            )
        return sentences


def export_labels(store: LabelStore, data: Data, kind: Kind, rows: NDArray[np.int64] | None = None) -> bytes:
    """The labelled and the unsure images, of `rows` if given, as a file. Raises `BadLabels` and `OSError`."""
    codes = store.refresh().codes
    chosen = np.arange(store.count) if rows is None else np.asarray(rows)
    acts = log.read(store.log, store.count, store.classes)
    return encode_table(label_table(data, codes, acts, chosen), kind)


def import_labels(
    store: LabelStore,
    data: Data,
    content: bytes,
    *,
    theirs: bool = False,
    dry_run: bool = False,
    who: str = "an import",
) -> ImportReport:
    """Take labels from a CSV or Parquet file, as one act for undo; on a `dry_run` only say what would be.

    Where an image has another label here, that one stays, unless to take `theirs`. Raises `BadTable`,
    `BadLabels` and `OSError`; then nothing was taken.
    """
    table = read_table(content)
    before = store.refresh().codes
    skipped: dict[SkipReason, list[int]] = defaultdict(list)
    codes, lines = _codes(table, data, skipped)
    given = codes != NONE
    same = given & (codes == before)
    others = given & ~same & (before != NONE)
    if not theirs:
        skipped[SkipReason.CONFLICT] += sorted(lines[row] for row in np.flatnonzero(others).tolist())
        codes[others] = NONE
    taken = int(np.count_nonzero((codes != NONE) & (codes != before)))
    if taken and not dry_run:
        store.fill(codes, who=who, overwrite=theirs)
    return ImportReport(
        taken,
        int(np.count_nonzero(others)) if theirs else 0,
        int(np.count_nonzero(same)),
        tuple(Skipped(reason, skipped[reason]) for reason in SkipReason if skipped[reason]),
        dry_run,
    )


def _codes(
    table: Iterable[TableRow], data: Data, skipped: Mapping[SkipReason, list[int]]
) -> tuple[Values, Mapping[int, int]]:
    """What a table says of each image `(n,)`, `NONE` where nothing, and the first line that says it."""
    images = _Images(data)
    codes = np.full(len(data.images), NONE, np.int8)
    lines: dict[int, int] = {}
    contradicted: dict[int, list[int]] = {}
    for entry in table:
        row = images.find(entry)
        code = _code(entry, data.class_names)
        reason = row if isinstance(row, SkipReason) else code if isinstance(code, SkipReason) else None
        if reason is not None:
            skipped[reason].append(entry.line)
            continue
        assert isinstance(row, int) and isinstance(code, int)
        if row in contradicted:
            contradicted[row].append(entry.line)
        elif row in lines and codes[row] != code:
            contradicted[row] = [lines[row], entry.line]
        elif row not in lines:
            lines[row], codes[row] = entry.line, code
    for row, of_row in contradicted.items():
        codes[row] = NONE
        skipped[SkipReason.CONTRADICTION].extend(of_row)
    skipped[SkipReason.CONTRADICTION].sort()
    return codes, lines


class _Images:
    """The images of a set by what a table calls them."""

    def __init__(self, data: Data) -> None:
        self._data = data
        self._by_id: dict[str, list[int]] | None = None

    def find(self, entry: TableRow) -> int | SkipReason:
        if not entry.image_id:
            known = entry.serial is not None and 0 <= entry.serial < len(self._data.images)
            return entry.serial if known and entry.serial is not None else SkipReason.UNKNOWN_IMAGE
        if self._by_id is None:
            self._by_id = defaultdict(list)
            for row, name in enumerate(image_ids(self._data.images)):
                self._by_id[name].append(row)
        rows = self._by_id.get(entry.image_id, [])
        if entry.serial in rows or len(rows) == 1:
            return entry.serial if entry.serial in rows and entry.serial is not None else rows[0]
        return SkipReason.AMBIGUOUS_IMAGE if rows else SkipReason.UNKNOWN_IMAGE


def _code(entry: TableRow, class_names: Sequence[str]) -> int | SkipReason:
    """By its name first: the same classes may be numbered in another way elsewhere."""
    name = entry.class_name
    if not entry.label and is_absent(name):
        return UNSURE if entry.unsure else SkipReason.NO_LABEL
    if name in class_names:
        return class_names.index(name)
    code = parse_whole(entry.label if is_absent(name) else "")
    return code if code is not None and 0 <= code < len(class_names) else SkipReason.OTHER_CLASS


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
