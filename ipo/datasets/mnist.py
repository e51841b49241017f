"""MNIST: 70,000 handwritten digits, in the project folder as the four official IDX files.

`fetch` brings them once; `load` checks every byte that it reads. Both sources of `fetch` give the same
arrays in the official order, which the checksums prove.
"""

import hashlib
import logging
import tempfile
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ipo.datasets import idx
from ipo.datasets.errors import BadDataFile, DatasetDamaged, DatasetMissing, FetchFailed
from ipo.datasets.mnist_sources import SOURCES, Arrays, Part, Source
from ipo.datasets.programs import SourceFailed
from ipo.durable import replace_file
from ipo.jobs import Progress
from ipo.project import project_folder, why_unusable
from ipo.regular_files import open_regular

logger = logging.getLogger(__name__)

REMEDY = "Run ipo fetch mnist or press Fetch MNIST"  # what a message about missing or damaged files advises

PARTS = (
    Part(
        "train",
        "train-images-idx3-ubyte",
        (60_000, 28, 28),
        "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    ),
    Part(
        "train",
        "train-labels-idx1-ubyte",
        (60_000,),
        "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    ),
    Part(
        "test",
        "t10k-images-idx3-ubyte",
        (10_000, 28, 28),
        "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    ),
    Part(
        "test",
        "t10k-labels-idx1-ubyte",
        (10_000,),
        "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    ),
)


def load(
    split: Literal["train", "test"], home: Path | None = None, *, parts: tuple[Part, ...] = PARTS
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images `(n, 28, 28)` and labels `(n,)`, both uint8, read from `home`, else from the project folder.

    Raises `DatasetMissing` or `DatasetDamaged`.
    """
    folder = folder_in(home or project_folder())
    images, labels = (_read(folder / part.file, part) for part in parts if part.split == split)
    return images, labels


def available(home: Path, *, parts: tuple[Part, ...] = PARTS) -> bool:
    """Whether all files are there in full length. Cheap; only `load` and `fetch` look at the bytes."""
    folder = folder_in(home)
    return all(_length(folder / part.file) == idx.encoded_size(part.shape) for part in parts)


def fetch(
    home: Path,
    progress: Progress,
    *,
    parts: tuple[Part, ...] = PARTS,
    sources: tuple[Source, ...] = SOURCES,
) -> bool:
    """Write the files that are missing or damaged, from the first source that gives them; `False`: none was.

    Nothing is written before everything was checked. Raises `FetchFailed`, also where the disk refuses, and
    what `progress` raises.
    """
    folder = folder_in(home)
    progress.report(0, "Looking at what is there")
    try:
        wanted = tuple(part for part in parts if not _sound(folder / part.file, part))
        if not wanted:
            return False
        arrays = _get(parts, folder, progress, sources)
        folder.mkdir(parents=True, exist_ok=True)
        for done, part in enumerate(wanted):
            progress.check()
            progress.report(0.8 + 0.2 * done / len(wanted), f"Writing {part.file}")
            replace_file(folder / part.file, idx.encode(arrays[part.file]))
    except OSError as error:
        raise FetchFailed(f"MNIST takes 55 MB, but {why_unusable(folder, error)}") from error
    progress.report(1, "MNIST is there")
    return True


def folder_in(home: Path) -> Path:
    """Where the files are in a project folder."""
    return home / "datasets" / "mnist"


def _get(parts: tuple[Part, ...], folder: Path, progress: Progress, sources: tuple[Source, ...]) -> Arrays:
    failures = []
    for source in sources:
        try:
            with tempfile.TemporaryDirectory(prefix="ipo-mnist-", ignore_cleanup_errors=True) as temporary:
                arrays = source.get(parts, Path(temporary), progress)
            progress.report(0.7, "Checking")
            for part in parts:
                if part.file not in arrays:
                    raise SourceFailed(f"it has no {part.file}")
                _check(arrays[part.file], part, part.file)
            return arrays
        except (SourceFailed, _Different) as error:
            logger.info("%s gave no MNIST: %s", source.name, error)
            failures.append(f"{source.name}: {error}")
        except OSError as error:
            raise FetchFailed(
                f"MNIST could not be unpacked in the folder for temporary files: {error}. Make room for 200 "
                "MB there, or set TMPDIR to another folder."
            ) from error
    raise FetchFailed(
        "MNIST could not be fetched.\n"
        + "\n".join(failures)
        + "\nLook whether this machine is online and fetch again, or put the four unpacked IDX files "
        + f"({', '.join(part.file for part in parts)}) into {folder}."
    )


def _read(path: Path, part: Part) -> NDArray[np.uint8]:
    try:
        with open_regular(path) as file:
            values = idx.read(file, str(path), axes=len(part.shape))
        _check(values, part, str(path))
    except FileNotFoundError:
        raise DatasetMissing(f"MNIST is not there: {path} is missing. {REMEDY}.") from None
    except (BadDataFile, _Different, ValueError) as error:  # `ValueError`: a pipe or a folder
        raise DatasetDamaged(f"MNIST is damaged: {error} {REMEDY} to repair it.") from error
    return values


class _Different(Exception):
    """These are other values than those of the data set."""


def _check(values: NDArray[np.uint8], part: Part, name: str) -> None:
    if values.shape != part.shape:
        raise _Different(f"{name} has shape {values.shape}; {part.shape} would be right.")
    found = hashlib.sha256(np.ascontiguousarray(values).data).hexdigest()
    if found != part.sha256:
        raise _Different(f"the values of {name} have sha256 {found}; {part.sha256} would be right.")


def _sound(path: Path, part: Part) -> bool:
    try:
        _read(path, part)
    except (DatasetMissing, DatasetDamaged):
        return False
    return True


def _length(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
