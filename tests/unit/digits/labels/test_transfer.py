"""Labels go out to other programs and come back, and nothing of yours is lost by it."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ipo.digits.data import Data
from ipo.digits.labels.store import NONE, UNSURE, LabelStore
from ipo.digits.labels.transfer import BadTable, export_labels, import_labels
from tests.unit.digits.small import COUNT, images

NAMES = ("zero", "=1+1", "two", "-3", "four", "five", "six", "seven", "eight", "None")


def data(order: np.ndarray | None = None, names: tuple[str, ...] = NAMES) -> Data:
    return Data(images() if order is None else images()[order], None, names)


def store(folder: Path) -> LabelStore:
    folder.mkdir(exist_ok=True)
    return LabelStore(folder, COUNT, 10)


def labelled(folder: Path) -> LabelStore:
    labels = store(folder)
    labels.label([3, 7], 1, who="the map", event="page:1")
    labels.label([4], 3, who="=cmd()")
    labels.label([8], 9)
    labels.mark_unsure([5])
    return labels


def reasons(report: object) -> dict[str, list[int]]:
    return {skipped.reason.name: skipped.lines for skipped in report.skipped}  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_labels_come_back_as_they_went(tmp_path: Path, kind: str) -> None:
    there = labelled(tmp_path / "there")
    content = export_labels(there, data(), kind)  # type: ignore[arg-type]
    here = store(tmp_path / "here")
    report = import_labels(here, data(), content, dry_run=True)
    assert (report.taken, report.skipped) == (5, ()) and not here.log.exists()
    assert report.sentences == ["5 labels would be taken."]
    assert import_labels(here, data(), content).taken == 5
    assert np.array_equal(here.snapshot().codes, there.snapshot().codes)
    assert import_labels(here, data(), content).same == 5
    undone = here.undo()
    assert undone is not None and (undone.codes == NONE).all()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_images_are_known_by_their_pixels_and_classes_by_their_names(tmp_path: Path, kind: str) -> None:
    there = labelled(tmp_path / "there")
    content = export_labels(there, data(), kind)  # type: ignore[arg-type]
    order = np.arange(COUNT)[::-1]
    here = store(tmp_path / "here")
    import_labels(here, data(order, NAMES[::-1]), content)
    codes = here.snapshot().codes[order]
    assert codes[[3, 7, 4, 8, 5, 0]].tolist() == [8, 8, 6, 0, UNSURE, NONE]


def test_a_table_says_who_and_when_and_holds_no_formula(tmp_path: Path) -> None:
    there = labelled(tmp_path / "there")
    there.label([10], 2)
    there.undo()
    (there.path).write_text(there.path.read_text() + "20,2\n")  # by another program
    text = export_labels(there, data(), "csv").decode()
    rows = {int(row["Serial"]): row for row in csv.DictReader(io.StringIO(text))}
    assert rows.keys() == {3, 4, 5, 7, 8, 20}
    assert (rows[3]["who"], rows[3]["act"], rows[3]["label"]) == ("the map", "page:1", "1")
    assert rows[3]["when"].startswith("20") and len(rows[3]["image_id"]) == 16
    assert (rows[3]["class_name"], rows[4]["class_name"], rows[4]["who"]) == ("'=1+1", "'-3", "'=cmd()")
    assert (rows[5]["unsure"], rows[5]["label"], rows[20]["who"]) == ("true", "", "another program")
    selected = export_labels(there, data(), "csv", np.array([3, 0]))
    assert selected.count(b"\n") == 2


def test_a_label_that_is_here_stays_unless_theirs_is_asked_for(tmp_path: Path) -> None:
    here = store(tmp_path)
    here.label([1, 2], 7)
    here.mark_unsure([3])
    content = b"Serial,label\n1,7\n2,5\n3,5\n4,5\n"
    report = import_labels(here, data(), content)
    assert (report.taken, report.same, reasons(report)) == (1, 1, {"CONFLICT": [3, 4]})
    assert here.snapshot().codes[1:5].tolist() == [7, 7, UNSURE, 5]
    assert import_labels(here, data(), content, theirs=True).replaced == 2
    assert here.snapshot().codes[1:5].tolist() == [7, 5, 5, 5]
    here.undo()
    assert here.snapshot().codes[1:5].tolist() == [7, 7, UNSURE, 5]


def test_what_is_not_taken_is_named_with_its_line(tmp_path: Path) -> None:
    here = store(tmp_path)
    content = (
        "Serial;label;class_name;image_id;notes\n"
        "1;;;;\n"  # no label
        "2;12;;;\n"
        "3;1;cat;;\n"
        "4;2.5;;;\n"
        "900;1;;;\n"
        ";1;;;\n"
        "5;1;;0123456789abcdef;of another set\n"
        "6;1;;;\n6;2;;;\n"
        "7;3,0;;;\n7;3;;;\n"
        "8;NaN;None;;\n"
        "9;4;NaN;1.23457E+15;by a spreadsheet\n"
    )
    report = import_labels(here, data(), content.encode("utf-16"))
    assert reasons(report) == {
        "NO_LABEL": [2, 13],
        "OTHER_CLASS": [3, 4, 5],
        "UNKNOWN_IMAGE": [6, 7, 8],
        "CONTRADICTION": [9, 10],
    }
    assert {row: int(here.snapshot().codes[row]) for row in (6, 7, 8, 9)} == {6: NONE, 7: 3, 8: NONE, 9: 4}
    assert "3 rows not taken: the image is not in this set (lines 6, 7, 8)." in report.sentences


def test_equal_images_are_told_apart_by_serial(tmp_path: Path) -> None:
    twice = Data(np.concatenate([images(), images()]), None, NAMES)
    content = export_labels(labelled(tmp_path / "one"), data(), "csv")
    here = LabelStore(tmp_path, 2 * COUNT, 10)
    import_labels(here, twice, content)
    assert np.flatnonzero(here.snapshot().codes != NONE).tolist() == [3, 4, 5, 7, 8]
    moved = content.replace(b",3,", b",119,")
    assert reasons(import_labels(here, twice, moved)) == {"AMBIGUOUS_IMAGE": [2]}


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "The file is empty; a column image_id or Serial"),
    "other columns": (b"id,digit\n1,2\n", "The columns are id, digit; a column image_id or Serial"),
    "no label": (b"Serial,notes\n1,2\n", "The columns are Serial, notes;"),
    "a column twice": (b"Serial,label,Label\n1,2,3\n", "There are 2 columns label; one would be right."),
    "ten megabytes of text": (b"Serial,label\n1," + b"x" * 10_000_000, "Line "),
    "long text": (b"Serial,label\n1," + b"x" * 20_000, "Line 2: label has 20,000 characters."),
    "no text": (b"Serial,label\n1,\xff\xfe\n", "line 2: this is not UTF-8."),
    "a quote without end": (b'Serial,label\n1,"2\n', "Line 2: unexpected end of data."),
    "no Parquet": (b"PAR1 and so on", "The file is damaged, or no Parquet"),
    "maybe unsure": (b"Serial,label,unsure\n1,,maybe\n", "Line 2: unsure is maybe; true or false"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, case: str) -> None:
    content, says = BAD[case]
    here = store(tmp_path)
    with pytest.raises(BadTable) as refused:
        import_labels(here, data(), content)
    assert says in str(refused.value) and len(str(refused.value)) < 300
    assert not here.path.exists() and not here.log.exists()


def test_what_pandas_writes_is_taken(tmp_path: Path) -> None:
    frame = pd.DataFrame({"Serial": [1.0, 2.0], "label": [7.0, np.nan], "notes": ["x" * 10_000_000, ""]})
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    here = store(tmp_path)
    report = import_labels(here, data(), buffer.getvalue())
    assert (report.taken, reasons(report)) == (1, {"NO_LABEL": [2]})
    truncated = buffer.getvalue()[:-200]
    with pytest.raises(BadTable, match="damaged"):
        import_labels(here, data(), truncated)
