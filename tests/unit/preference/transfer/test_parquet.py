"""Promises of the table of labels: one line per judged row, with all that is known of it but its pixels."""

import hashlib
import json
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ipo.jobs import SILENT, Cancelled
from ipo.preference.storage.rows import BAD
from ipo.preference.storage.sessions import SessionFolder
from ipo.preference.transfer.parquet import SCHEMA, export_table
from tests.support.sessions import KEY, Impatient, judged_session, opened, store_of


def table_of(home: Path) -> list[dict[str, object]]:
    target = home / "exports" / "labels.parquet"
    exported = export_table(store_of(home), target, SILENT)
    table = pq.read_table(target)
    assert table.schema.equals(SCHEMA)
    assert table.num_rows == exported.rows
    return table.to_pylist()


def test_every_judged_row_is_a_line_that_says_what_its_folder_says(tmp_path: Path) -> None:
    judged_session(tmp_path)
    store = store_of(tmp_path)
    rows = opened(tmp_path).rows
    lines = table_of(tmp_path)
    assert len(lines) == len(rows) == 4  # the one that was undone is not a label
    for row, line in zip(rows, lines, strict=True):
        candidate = store.candidate(row)
        assert line == {
            "number": row.number,
            "candidate": candidate.id,
            "session": KEY.id,
            "label": row.label,
            "judged_at": datetime.fromisoformat(row.judged_at),
            "prompt": "moss and rust",
            "size": 64,
            "decoder": "flat",
            "decoder_version": "1",
            "proposer": "random",
            "proposer_parameters": "{}",
            "value": None,
            "sd": None,
            "value_model": None,
            "seed": candidate.seed,
            "created_at": datetime.fromisoformat(candidate.created_at),
            "history": json.dumps([entry.record() for entry in row.history]),
            "image_sha256": hashlib.sha256(candidate.png).hexdigest(),
        }


def test_a_relabelled_row_has_its_new_label_and_its_whole_history(tmp_path: Path) -> None:
    first, *_ = judged_session(tmp_path)
    store_of(tmp_path).relabel(first, BAD, "tab:50")
    line = table_of(tmp_path)[0]
    assert line["label"] == BAD
    assert [entry["label"] for entry in json.loads(str(line["history"]))] == [1, -1]


def test_a_damaged_row_is_no_line_and_named(tmp_path: Path) -> None:
    judged_session(tmp_path)
    (SessionFolder(tmp_path, KEY).path / "rows" / "000002" / "image.png").unlink()
    (SessionFolder(tmp_path, KEY).path / "rows" / "000004" / "row.json").write_text("{")
    assert [line["number"] for line in table_of(tmp_path)] == [1, 5]
    damaged = export_table(store_of(tmp_path), tmp_path / "again.parquet", SILENT).damaged
    assert [row.folder for row in damaged] == ["rows/000002", "rows/000004"]
    assert damaged[0].reason == "image.png is missing"


def test_a_session_without_rows_is_an_empty_table_of_the_same_columns(tmp_path: Path) -> None:
    judged_session(tmp_path, rows=0)
    assert table_of(tmp_path) == []


def test_a_cancelled_table_leaves_no_file(tmp_path: Path) -> None:
    judged_session(tmp_path)
    with pytest.raises(Cancelled):
        export_table(store_of(tmp_path), tmp_path / "exports" / "labels.parquet", Impatient(2))
    assert not list(tmp_path.glob("exports/*"))
