"""Images as PNG in a folder per class, or as one zip.

torchvision reads it with `ImageFolder`, FiftyOne as an image classification directory tree.
"""

import contextlib
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ipo.digits.data import Data
from ipo.digits.labels.csv_file import Values
from ipo.durable import rename_if_free, replacing
from ipo.images import encode_png
from ipo.jobs import SILENT, Progress
from ipo.slugs import slug

UNLABELLED = "unlabelled"

_AT_ONCE = 200  # images between two reports


def export_images(
    target: Path,
    data: Data,
    codes: Values,
    rows: NDArray[np.int64] | None = None,
    *,
    unlabelled: bool = False,
    progress: Progress = SILENT,
) -> int:
    """Write images to a new folder, or to a zip where `target` ends in .zip. Returns how many.

    All that have a label in `codes` `(n,)`, of `rows` if given; the others, unsure ones among them, go to
    `unlabelled` if asked for. On any error `target` is as it was. Raises `OSError`, `ValueError` where there
    is nothing to export, and `Cancelled`.
    """
    if target.suffix.lower() == ".zip":
        with replacing(target) as temporary, open(temporary, "wb") as file:
            return zip_images(file, data, codes, rows, unlabelled=unlabelled, progress=progress)
    chosen = _chosen(codes, rows, unlabelled)
    if target.exists():
        raise FileExistsError(f"{target} is there already: give the images a new folder.")
    part = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        for path, png in _files(data, codes, chosen, progress):
            (part / path).parent.mkdir(parents=True, exist_ok=True)
            (part / path).write_bytes(png)
        if not rename_if_free(part, target):
            raise FileExistsError(f"{target} is there by now: give the images a new folder.")
    finally:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(part)
    return len(chosen)


def zip_images(
    file: BinaryIO,
    data: Data,
    codes: Values,
    rows: NDArray[np.int64] | None = None,
    *,
    unlabelled: bool = False,
    progress: Progress = SILENT,
) -> int:
    """Write images to a zip, as `export_images` does; the same images give the same bytes."""
    chosen = _chosen(codes, rows, unlabelled)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # PNG is compressed already
        for path, png in _files(data, codes, chosen, progress):
            archive.writestr(zipfile.ZipInfo(path), png)
    return len(chosen)


def class_folders(class_names: tuple[str, ...]) -> list[str]:
    """A folder for each class, safe on every disk and another one for each."""
    folders = [slug(name) for name in class_names]
    return [
        slug(f"{folder} {code}") if folder == UNLABELLED or folders.count(folder) > 1 else folder
        for code, folder in enumerate(folders)
    ]


def _chosen(codes: Values, rows: NDArray[np.int64] | None, unlabelled: bool) -> NDArray[np.int64]:
    chosen = np.arange(len(codes)) if rows is None else np.unique(np.asarray(rows, np.int64))
    if not unlabelled:
        chosen = chosen[codes[chosen] >= 0]
    if not len(chosen):
        raise ValueError("None of these images has a label: label some, or export unlabelled ones too.")
    return chosen


def _files(
    data: Data, codes: Values, chosen: NDArray[np.int64], progress: Progress
) -> Iterator[tuple[str, bytes]]:
    """Path and PNG of each image; named by its Serial."""
    folders = class_folders(data.class_names)
    for done, row in enumerate(chosen.tolist()):
        if done % _AT_ONCE == 0:
            progress.check()
            progress.report(done / len(chosen), f"{done:,} of {len(chosen):,} images")
        folder = folders[codes[row]] if codes[row] >= 0 else UNLABELLED
        yield f"{folder}/{row:06}.png", encode_png(data.images[row])
