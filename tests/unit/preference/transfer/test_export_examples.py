"""The examples in docs/export.md run as they stand, on exports that were unpacked as it says."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from markdown_it import MarkdownIt

from ipo.images import decode_png
from ipo.jobs import SILENT
from ipo.preference.transfer.imagefolder import export_imagefolder
from ipo.preference.transfer.pickapic import export_pickapic
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
