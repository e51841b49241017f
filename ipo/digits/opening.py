"""Opening images with the folder of their labels, and what to do where the two do not belong together."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ipo.datasets.errors import DatasetError
from ipo.digits import data as datasets
from ipo.digits.data import Data, pixels_sha256
from ipo.digits.folder import DigitsFolder, folder_in
from ipo.digits.images_record import (
    ImagesRecord,
    describe_images,
    load_record,
    newest_data_sha256,
    save_record,
)
from ipo.digits.labels.store import NONE, BadLabels, Labels, LabelStore
from ipo.durable import replace_file
from ipo.regular_files import open_regular


class OtherImages(DatasetError):
    """The images are not those that the labels in their folder were given to. Nothing was changed."""

    def __init__(self, message: str, labels_may_hold: bool) -> None:
        super().__init__(message)
        self.labels_may_hold = labels_may_hold  # there is an image and a class for every label


@dataclass(frozen=True)
class LabelsElsewhere:
    """Labels of the same images in another folder."""

    folder: DigitsFolder
    count: int


def open_images(home: Path, source: str, *, adopt: bool = True) -> tuple[DigitsFolder, Data]:
    """The folder of a set and its images, which are those that the folder belongs to.

    A folder that belongs to none yet belongs to these from then on, unless not to `adopt`. Raises
    `OtherImages`, other `DatasetError` and `OSError`.
    """
    folder = folder_in(home, source)
    record = load_record(folder)
    data = datasets.load(source, home, None if record is None else record.white)
    if record is None:
        sha256 = newest_data_sha256(folder)
        if sha256 not in (None, data.sha256):
            raise _other_images(source, folder, ["the pixels differ"], labels_may_hold=True)
        if adopt:
            save_record(folder, describe_images(data, source))
    else:
        _check(record, data, source, folder)
    return folder, data


def choose_white(home: Path, source: str, white: int) -> None:
    """Say which number is white in images that use only a few numbers. Raises what `open_images` does."""
    folder = folder_in(home, source)
    data = datasets.load(source, home, white)
    record = load_record(folder)
    if record is None:
        record = describe_images(data, source)
    save_record(folder, replace(record, white=white))


def keep_labels(home: Path, source: str) -> None:
    """Say that the labels of a folder hold for the images that are there now; a model of others is put aside.

    Raises `OtherImages` where they cannot hold, `InUse`, other `DatasetError` and `OSError`.
    """
    folder = folder_in(home, source)
    with folder.training():
        record = load_record(folder)
        white = None if record is None else record.white
        data = datasets.load(source, home, white)
        if record is not None:
            try:
                _check(record, data, source, folder)
            except OtherImages as error:
                if not error.labels_may_hold:
                    raise
        same_pixels = record is not None and record.sha256 == data.sha256
        if not same_pixels or len(record.class_names if record else ()) != len(data.class_names):
            put_model_aside(folder)
            folder.predictions.unlink(missing_ok=True)
        save_record(folder, describe_images(data, source, white))


def put_model_aside(folder: DigitsFolder) -> None:
    """Rename the model to a name of its own, if there is one. Raises `OSError`."""
    if not folder.checkpoint.exists():
        return
    at = f"ssvae-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    aside, number = folder.path / f"{at}.pt", 2
    while aside.exists():  # the clock was set back
        aside, number = folder.path / f"{at}-{number}.pt", number + 1
    folder.checkpoint.rename(aside)


def find_labels_elsewhere(home: Path, folder: DigitsFolder, data: Data) -> LabelsElsewhere | None:
    """The folder with most labels of the same images and classes, if another than `folder` has some."""
    best = None
    sha256 = data.sha256
    for path in sorted(folder.path.parent.glob("[!.]*")):
        other = DigitsFolder(path)
        if other.path.name == folder.path.name or not path.is_dir():
            continue
        try:
            record = load_record(other)
            if record is None:
                same = newest_data_sha256(other) == sha256
            else:
                same = (record.sha256, record.class_names) == (sha256, data.class_names)
            count = _label_store(other, data).snapshot().count if same else 0
        except (DatasetError, BadLabels, OSError):
            continue  # what cannot be read is no offer
        if count and (best is None or count > best.count):
            best = LabelsElsewhere(other, count)
    return best


def take_labels(folder: DigitsFolder, data: Data, elsewhere: LabelsElsewhere) -> Labels:
    """Go on with labels that lie elsewhere, as one act for undo; with their model too, if there is none here.

    What is elsewhere stays there. Raises `InUse`, `BadLabels` and `OSError`.
    """
    with folder.training():
        labels = _label_store(folder, data).fill(
            _label_store(elsewhere.folder, data).snapshot().codes, who=str(elsewhere.folder.path)
        )
        if not folder.checkpoint.exists() and elsewhere.folder.checkpoint.exists():
            with open_regular(elsewhere.folder.checkpoint) as file:
                replace_file(folder.checkpoint, file.read())
        return labels


def has_labels(folder: DigitsFolder, data: Data) -> bool:
    """Raises `BadLabels` and `OSError`."""
    return bool((_label_store(folder, data).snapshot().values != NONE).any())


def _label_store(folder: DigitsFolder, data: Data) -> LabelStore:
    return LabelStore(folder.path, len(data.images), len(data.class_names))


def _check(record: ImagesRecord, data: Data, source: str, folder: DigitsFolder) -> None:
    found = describe_images(data, source)
    differences = _differences(record, found)
    if differences:
        before = record.shape[0]
        grown = len(data.images) > before and pixels_sha256(data.images[:before]) == record.sha256
        if grown:
            differences.append("the first ones are the same")
        labels_may_hold = len(found.class_names) >= len(record.class_names) and (
            found.shape == record.shape or grown
        )
        raise _other_images(source, folder, differences, labels_may_hold)


def _differences(record: ImagesRecord, found: ImagesRecord) -> list[str]:
    differences = []
    if found.shape[0] != record.shape[0]:
        differences.append(f"there are {found.shape[0]:,} images now, not {record.shape[0]:,}")
    if found.shape[1:] != record.shape[1:]:
        size, before = (" × ".join(map(str, shape[1:])) for shape in (found.shape, record.shape))
        differences.append(f"they are {size} pixels, not {before}")
    elif found.shape == record.shape and found.sha256 != record.sha256:
        differences.append("the pixels differ, or come in another order")
    if found.class_names != record.class_names:
        differences.append(_class_difference(record.class_names, found.class_names))
    return differences


def _class_difference(before: tuple[str, ...], now: tuple[str, ...]) -> str:
    if len(before) != len(now):
        return f"there are {len(now)} classes, not {len(before)}"
    at = next(at for at, (one, other) in enumerate(zip(before, now, strict=True)) if one != other)
    return f"class {at} is {now[at]}, not {before[at]}"


def _other_images(
    source: str, folder: DigitsFolder, differences: list[str], labels_may_hold: bool
) -> OtherImages:
    keep = "keep the labels if they hold for these too (ipo digits images --keep-labels), "
    return OtherImages(
        f"{source}: these are not the images that the labels in {folder.path} were given to: "
        f"{'; '.join(differences)}. Put the old images back, {keep if labels_may_hold else ''}"
        "or give the new ones a name of their own, to begin without labels. Nothing was changed.",
        labels_may_hold,
    )
