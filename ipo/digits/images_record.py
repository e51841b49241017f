"""`images.json`: which images the labels, the model and the runs of a folder belong to."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, with_config

from ipo import records
from ipo.datasets.errors import DatasetError
from ipo.digits.data import Data
from ipo.digits.folder import DigitsFolder
from ipo.digits.runs import Runs
from ipo.durable import replace_file

_NAME = "images.json"


class BadImagesRecord(DatasetError):
    """The record of the images is damaged. Bring it back, or remove it if the images are the old ones."""


@with_config(records.STRICT)
@dataclass(frozen=True)
class ImagesRecord:
    """What tells one set of images from another."""

    sha256: str  # of the pixels
    shape: tuple[int, int, int]  # (n, h, w)
    class_names: tuple[str, ...]
    source: str  # the name or path that they were opened by
    white: int | None = None  # the number that is white, where somebody said so


_SCHEMA = TypeAdapter(ImagesRecord)


def describe_images(data: Data, source: str, white: int | None = None) -> ImagesRecord:
    """The record of images."""
    count, height, width = data.images.shape
    return ImagesRecord(data.sha256, (count, height, width), data.class_names, source, white)


def load_record(folder: DigitsFolder) -> ImagesRecord | None:
    """The record in a folder; `None` where there is none. Raises `BadImagesRecord` and `OSError`."""
    path = record_path(folder)
    try:
        return records.read(path, _SCHEMA)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise BadImagesRecord(
            f"{path.parent}: {error}. It says which images the labels there belong to: bring it back, or "
            "remove it if these are still the same images."
        ) from None


def save_record(folder: DigitsFolder, record: ImagesRecord) -> None:
    """Raises `OSError`."""
    folder.path.mkdir(parents=True, exist_ok=True)
    replace_file(record_path(folder), json.dumps(asdict(record), indent=1, ensure_ascii=False).encode())


def record_path(folder: DigitsFolder) -> Path:
    return folder.path / _NAME


def newest_data_sha256(folder: DigitsFolder) -> str | None:
    """Of the images of the newest run, for folders from before there were records."""
    runs = Runs(folder.runs).all()
    return runs[0].data_sha256 if runs else None
