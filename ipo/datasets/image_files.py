"""Image sets as files that somebody brings, by path or by the name that they have in a folder.

    NAME.npz
    NAME-images-idx3-ubyte[.gz]     with NAME-labels-idx1-ubyte[.gz] and NAME-classes.txt beside it, if there

`NAME-classes.txt` has the name of a class in each line, first that of label 0: IDX has no place for names.
"""

import contextlib
from pathlib import Path

from ipo.datasets.errors import BadDataFile, DatasetMissing
from ipo.datasets.image_sets import ImageSet, open_idx_pair, open_npz

_NPZ = ".npz"
_IMAGES = ("-images-idx3-ubyte", "-images-idx3-ubyte.gz")
_LABELS = ("-labels-idx1-ubyte", "-labels-idx1-ubyte.gz")
_CLASSES = "-classes.txt"


def is_path(text: str) -> bool:
    """Whether this is the path of a file, and not the plain name of a set."""
    return Path(text).name != text or text.endswith((_NPZ, *_IMAGES))


def set_name(path: Path) -> str:
    """NAME, of the path of a set."""
    ending = next((ending for ending in (_NPZ, *_IMAGES) if path.name.endswith(ending)), "")
    return path.name.removesuffix(ending)


def names_in(folder: Path) -> tuple[str, ...]:
    """Every NAME in a folder, sorted; none where there is no folder. Looks into no file."""
    files = [path for ending in (_NPZ, *_IMAGES) for path in folder.glob(f"*{ending}")]
    return tuple(sorted({set_name(path) for path in files if not path.name.startswith(".")} - {""}))


def path_in(folder: Path, name: str) -> Path:
    """The file of the images of a set in a folder. Raises `DatasetMissing`, and `BadDataFile` for several."""
    found = _there(folder, name, (_NPZ, *_IMAGES))
    if found is None:
        raise DatasetMissing(
            f"{folder} has no images named {name}; {name}{_NPZ} or {name}{_IMAGES[0]} would be right."
        )
    return found


def open_file(path: Path) -> ImageSet:
    """The set in a file, an npz unless its name is that of IDX images.

    Raises `DatasetMissing`, `BadDataFile` and `OSError`.
    """
    try:
        with open(path, "rb") as images:
            if not path.name.endswith(_IMAGES):
                return open_npz(images, str(path))
            name = set_name(path)
            beside = _there(path.parent, name, _LABELS)
            with contextlib.nullcontext() if beside is None else open(beside, "rb") as labels:
                return open_idx_pair(images, labels, str(path), _class_names(path.with_name(name + _CLASSES)))
    except FileNotFoundError as error:
        raise DatasetMissing(
            f"{error.filename} is not there; the path of an npz or of a file NAME{_IMAGES[0]} would be right."
        ) from None


def _there(folder: Path, name: str, endings: tuple[str, ...]) -> Path | None:
    found = [path for ending in endings if (path := folder / f"{name}{ending}").exists()]
    if len(found) > 1:
        raise BadDataFile(
            f"{folder} has {name} several times: {', '.join(path.name for path in found)}. "
            "Move away all but one."
        )
    return found[0] if found else None


def _class_names(path: Path) -> tuple[str, ...]:
    """The lines of a file; none where there is no file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    try:
        names = [line.strip() for line in content.decode("utf-8-sig").rstrip().splitlines()] or [""]
    except UnicodeDecodeError as error:
        wrong = content.count(b"\n", 0, error.start) + 1
        raise BadDataFile(f"{path}, line {wrong}: this is no UTF-8. Save the file as UTF-8.") from None
    for at, name in enumerate(names):
        if not name:
            raise BadDataFile(f"{path}, line {at + 1}: it is empty; the name of a class would be right.")
        if name in names[:at]:
            raise BadDataFile(f"{path}, line {at + 1}: {name} is the name of another class too.")
    return tuple(names)
