"""Promises of the export as Pick-a-Pic: code that trains on that reads a user's pairs unchanged."""

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from ipo.images import decode_png
from ipo.jobs import SILENT, Cancelled
from ipo.preference.storage.pairs import LEFT
from ipo.preference.storage.sessions import SessionFolder
from ipo.preference.transfer.judgements import Exported
from ipo.preference.transfer.pickapic import GROUP_BYTES, SCHEMA, export_pickapic
from tests.support.sessions import KEY, Impatient, compared_session, pair_store_of
from tests.support.training_data import loaded

# Columns and types of the dataset card of Pick-a-Pic v2, less the index that pandas left in it.
CARD = {
    "are_different": "bool",
    "best_image_uid": "string",
    "caption": "string",
    "created_at": "timestamp[ns]",
    "has_label": "bool",
    "image_0_uid": "string",
    "image_0_url": "string",
    "image_1_uid": "string",
    "image_1_url": "string",
    "jpg_0": "binary",
    "jpg_1": "binary",
    "label_0": "double",
    "label_1": "double",
    "model_0": "string",
    "model_1": "string",
    "ranking_id": "int64",
    "user_id": "int64",
    "num_example_per_prompt": "int64",
}


def export(home: Path, **options: Any) -> Exported:
    return export_pickapic(pair_store_of(home), target_in(home), SILENT, **options)


def target_in(home: Path) -> Path:
    return home / "exports" / "train.parquet"


def examples(home: Path) -> list[dict[str, Any]]:
    """The pairs as `datasets` loads them."""
    return loaded(home / "cache", "parquet", data_files=str(target_in(home)))


def test_columns_and_types_are_those_of_pick_a_pic(tmp_path: Path) -> None:
    compared_session(tmp_path)
    export(tmp_path)
    schema = pq.read_schema(target_in(tmp_path))
    assert schema.equals(SCHEMA)
    assert {field.name: str(field.type) for field in schema} == CARD


def test_the_left_image_comes_first_and_the_preferred_one_has_the_label(tmp_path: Path) -> None:
    pairs = compared_session(tmp_path)
    assert export(tmp_path) == Exported(rows=0, pairs=3)  # the one that was undone is left out
    for pair, example in zip(pairs, examples(tmp_path), strict=True):
        labels = (1.0, 0.0) if pair.side == LEFT else (0.0, 1.0)
        ids = pair.candidates if pair.side == LEFT else pair.candidates[::-1]
        assert (example["label_0"], example["label_1"]) == labels
        assert (example["image_0_uid"], example["image_1_uid"]) == ids
        assert example["best_image_uid"] == pair.preferred.id
        assert (example["caption"], example["model_0"]) == ("moss and rust", "flat")
        assert (example["has_label"], example["are_different"]) == (True, True)
        assert (example["ranking_id"], example["num_example_per_prompt"]) == (pair.number, 3)
        assert example["created_at"] == datetime.fromisoformat(pair.judged_at).replace(tzinfo=None)


def test_the_trainer_of_diffusers_finds_the_preferred_pixels_first(tmp_path: Path) -> None:
    """Its `preprocess_train` opens the bytes with Pillow, and swaps the images where `label_0` is 0."""
    pairs = compared_session(tmp_path)
    export(tmp_path)
    store = pair_store_of(tmp_path)
    for pair, example in zip(pairs, examples(tmp_path), strict=True):
        images = [Image.open(io.BytesIO(example[name])).convert("RGB") for name in ("jpg_0", "jpg_1")]
        if example["label_0"] == 0:
            images = images[::-1]
        for image, candidate in zip(images, store.candidates(pair), strict=True):
            assert np.array_equal(np.asarray(image), decode_png(candidate.png))


def test_a_place_that_nobody_noted_does_not_give_the_preferred_one_away(tmp_path: Path) -> None:
    compared_session(tmp_path, pairs=24)
    for record in SessionFolder(tmp_path, KEY).path.glob("pairs/*/pair.json"):
        text = record.read_text()
        record.write_text(text.replace('"side": -1', '"side": 0').replace('"side": 1', '"side": 0'))
    export(tmp_path)
    lines = pq.read_table(target_in(tmp_path), columns=["label_0", "label_1"]).to_pylist()
    assert {line["label_0"] for line in lines} == {0.0, 1.0}
    assert all(line["label_0"] + line["label_1"] == 1 for line in lines)


def test_images_are_written_in_row_groups_so_that_memory_stays_bounded(tmp_path: Path) -> None:
    compared_session(tmp_path, pairs=6)
    for group_bytes, groups in ((GROUP_BYTES, 1), (1, 5)):
        export(tmp_path, group_bytes=group_bytes)
        assert pq.read_metadata(target_in(tmp_path)).num_row_groups == groups
        assert [example["ranking_id"] for example in examples(tmp_path)] == [1, 3, 4, 5, 6]


def test_a_damaged_pair_is_left_out_and_named(tmp_path: Path) -> None:
    compared_session(tmp_path)
    (SessionFolder(tmp_path, KEY).path / "pairs" / "000003" / "preferred.npy").unlink()
    exported = export(tmp_path)
    assert [(one.folder, one.reason) for one in exported.damaged] == [
        ("pairs/000003", "preferred.npy is missing")
    ]
    assert [line["num_example_per_prompt"] for line in examples(tmp_path)] == [2, 2]


def test_a_session_without_pairs_says_how_to_get_some(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="prefer an image to another in the mode Pair first"):
        export(tmp_path)
    assert not list(tmp_path.glob("exports/*"))


def test_a_cancelled_export_leaves_no_file(tmp_path: Path) -> None:
    compared_session(tmp_path)
    with pytest.raises(Cancelled):
        export_pickapic(pair_store_of(tmp_path), target_in(tmp_path), Impatient(5))
    assert not list(tmp_path.glob("exports/*"))
