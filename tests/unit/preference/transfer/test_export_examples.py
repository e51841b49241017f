"""The examples in docs/export.md run as they stand, on exports that were unpacked as it says."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from markdown_it import MarkdownIt

from ipo.images import decode_png
from ipo.jobs import SILENT
from ipo.preference.transfer.imagefolder import export_imagefolder
from ipo.preference.transfer.pickapic import SCHEMA, export_pickapic
from tests.support.sessions import compared_session, judged_session, pair_store_of, store_of
from tests.support.training_data import datasets, unzipped

DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "export.md"


def test_examples_of_the_documentation_load_what_was_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged_session(tmp_path)
    pairs = compared_session(tmp_path)
    stores = store_of(tmp_path), pair_store_of(tmp_path)
    export_imagefolder(*stores, tmp_path / "taste.zip", SILENT)
    unzipped(tmp_path / "taste.zip")
    export_pickapic(stores[1], tmp_path / "pairs_of_mine" / "train.parquet", SILENT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    names: dict[str, Any] = {}
    for token in MarkdownIt().parse(DOCUMENT.read_text()):
        if token.type == "fence" and token.info == "python":
            exec(token.content, names)
    first, _ = stores[1].candidates(pairs[0])
    assert np.array_equal(np.asarray(names["preferred"]), decode_png(first.png))
    assert len(names["rows"]) == 4 and len(names["pairs"]) == 3
    assert len(names["made_pairs"]) == 2


def test_every_column_is_explained(tmp_path: Path) -> None:
    judged_session(tmp_path, rows=1)
    compared_session(tmp_path, pairs=1)
    export_imagefolder(store_of(tmp_path), pair_store_of(tmp_path), tmp_path / "taste.zip", SILENT)
    folder, document = unzipped(tmp_path / "taste.zip"), DOCUMENT.read_text()
    rows, pairs = (
        datasets.load_dataset(
            "imagefolder", data_dir=str(folder / name), cache_dir=str(tmp_path), split="train"
        )
        for name in ("rows", "pairs")
    )
    assert [name for name in rows.column_names if f"`{name}`" not in document] == []
    of_both = [f"{which}_{name}" for which in ("chosen", "rejected") for name in rows.column_names]
    once = [name for name in pairs.column_names if name not in of_both]
    assert [name for name in once if f"`{name}`" not in document] == []
    assert [name for name in SCHEMA.names if f"`{name}`" not in document] == []
