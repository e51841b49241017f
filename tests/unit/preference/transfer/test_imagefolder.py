"""Promises of the export as an image folder: `datasets` loads rows and pairs with their images and labels."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipo.images import decode_png
from ipo.jobs import SILENT, Cancelled
from ipo.preference.storage.pairs import LEFT
from ipo.preference.storage.rows import BAD
from ipo.preference.storage.sessions import SessionFolder
from ipo.preference.transfer.imagefolder import export_imagefolder
from ipo.preference.transfer.judgements import Exported
from tests.support.sessions import (
    KEY,
    Impatient,
    compared_session,
    judged_session,
    opened,
    pair_store_of,
    store_of,
)
from tests.support.training_data import loaded, unzipped


def target_in(home: Path) -> Path:
    return home / "exports" / "taste.zip"


def export(home: Path) -> Exported:
    return export_imagefolder(store_of(home), pair_store_of(home), target_in(home), SILENT)


def rows_of(home: Path) -> list[dict[str, Any]]:
    """The rows as `datasets` loads them from the unpacked zip."""
    folder = unzipped(target_in(home))
    return loaded(home / "cache", "imagefolder", data_dir=str(folder / "rows"))


def pairs_of(home: Path) -> list[dict[str, Any]]:
    folder = unzipped(target_in(home))
    return loaded(home / "cache", "imagefolder", data_dir=str(folder / "pairs"))


def metadata(home: Path, folder: str = "rows") -> list[dict[str, Any]]:
    with zipfile.ZipFile(target_in(home)) as archive:
        return [json.loads(line) for line in archive.read(f"{folder}/metadata.jsonl").splitlines()]


def test_rows_are_loaded_with_image_label_prompt_and_lineage(tmp_path: Path) -> None:
    judged_session(tmp_path)
    rows = opened(tmp_path).rows
    assert export(tmp_path) == Exported(rows=4)  # the one that was undone is left out
    store = store_of(tmp_path)
    for row, example in zip(rows, rows_of(tmp_path), strict=True):
        candidate = store.candidate(row)
        assert np.array_equal(np.asarray(example["image"]), decode_png(candidate.png))
        assert (example["label"], example["prompt"]) == (row.label, "moss and rust")
        assert (example["candidate"], example["judged_at"]) == (row.candidate_id, row.judged_at)
        assert (example["decoder"], example["seed"], example["size"]) == ("flat", 0, 64)
        assert json.loads(example["settings"]) == {"size": 64}
        assert (example["value"], example["sd"]) == (None, None)


def test_pairs_are_loaded_with_both_images_and_say_which_was_chosen(tmp_path: Path) -> None:
    pairs = compared_session(tmp_path)
    assert export(tmp_path) == Exported(rows=0, pairs=3)
    store = pair_store_of(tmp_path)
    for pair, example in zip(pairs, pairs_of(tmp_path), strict=True):
        preferred, other = store.candidates(pair)
        assert np.array_equal(np.asarray(example["chosen"]), decode_png(preferred.png))
        assert np.array_equal(np.asarray(example["rejected"]), decode_png(other.png))
        assert (example["chosen_candidate"], example["rejected_candidate"]) == pair.candidates
        assert example["prompt"] == "moss and rust"
        assert example["side"] == ("left" if pair.side == LEFT else "right")


def test_rows_and_pairs_are_loaded_by_name_from_the_whole_folder(tmp_path: Path) -> None:
    judged_session(tmp_path)
    compared_session(tmp_path)
    assert export(tmp_path) == Exported(rows=4, pairs=3)
    folder = unzipped(target_in(tmp_path))
    rows, pairs = (loaded(tmp_path / "cache", str(folder), name) for name in ("rows", "pairs"))
    assert [row["label"] for row in rows] == [row.label for row in opened(tmp_path).rows]
    assert [set(pair) & {"image", "chosen", "rejected"} for pair in pairs] == [{"chosen", "rejected"}] * 3


def test_images_are_byte_for_byte_what_was_judged(tmp_path: Path) -> None:
    first, *_ = judged_session(tmp_path)
    export(tmp_path)
    with zipfile.ZipFile(target_in(tmp_path)) as archive:
        assert archive.read("rows/000001.png") == store_of(tmp_path).image(first)


def test_a_relabelled_row_has_its_new_label(tmp_path: Path) -> None:
    first, *_ = judged_session(tmp_path)
    store_of(tmp_path).relabel(first, BAD, "tab:50")
    export(tmp_path)
    assert metadata(tmp_path)[0]["label"] == BAD


def test_what_is_damaged_is_left_out_and_named(tmp_path: Path) -> None:
    judged_session(tmp_path)
    compared_session(tmp_path)
    session = SessionFolder(tmp_path, KEY).path
    (session / "rows" / "000002" / "image.png").unlink()
    image = session / "pairs" / "000003" / "other.png"
    image.write_bytes(image.read_bytes()[:-20] + b"\0" * 8 + image.read_bytes()[-12:])  # as long as it was
    exported = export(tmp_path)
    assert (exported.rows, exported.pairs) == (3, 2)
    assert [(one.folder, one.reason) for one in exported.damaged] == [
        ("rows/000002", "image.png is missing"),
        ("pairs/000003", "other.png is not the image that was judged: its sha256 is another"),
    ]
    assert [line["number"] for line in metadata(tmp_path)] == [1, 4, 5]


def test_where_all_is_damaged_the_error_says_what_is_wrong(tmp_path: Path) -> None:
    judged_session(tmp_path, rows=2)
    for image in SessionFolder(tmp_path, KEY).path.glob("rows/*/image.png"):
        image.unlink()
    with pytest.raises(ValueError, match=r"damaged \(2\), such as rows/000001: image.png is missing"):
        export(tmp_path)
    assert not list(tmp_path.glob("exports/*"))


def test_where_all_was_undone_there_is_nothing_to_write(tmp_path: Path) -> None:
    (row,) = judged_session(tmp_path, rows=1)
    store_of(tmp_path).undo(row, "tab:9")
    with pytest.raises(ValueError, match="judge an image first"):
        export(tmp_path)
    assert not list(tmp_path.glob("exports/*"))


def test_a_cancelled_export_leaves_the_last_one_as_it_was(tmp_path: Path) -> None:
    judged_session(tmp_path)
    export(tmp_path)
    before = target_in(tmp_path).read_bytes()
    progress = Impatient(2)
    with pytest.raises(Cancelled):
        export_imagefolder(store_of(tmp_path), pair_store_of(tmp_path), target_in(tmp_path), progress)
    assert progress.fractions == [0.0, 0.25]
    assert target_in(tmp_path).read_bytes() == before
    assert [path.name for path in (tmp_path / "exports").iterdir()] == ["taste.zip"]
