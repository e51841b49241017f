"""Exports for training as `datasets` of Hugging Face loads them."""

import os
import zipfile
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when it is imported: nothing is asked of any server

import datasets

datasets.disable_progress_bars()


def unzipped(archive: Path) -> Path:
    """The folder that a zip was unpacked into, as its user would."""
    folder = archive.with_suffix("")
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)
    return folder


def loaded(cache: Path, *args: Any, **options: Any) -> list[dict[str, Any]]:
    """The examples that `load_dataset` finds in its split `train`."""
    return list(datasets.load_dataset(*args, split="train", cache_dir=str(cache), **options))
