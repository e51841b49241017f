"""Image sets as files that somebody brings, by path or by the name that they have in a folder.

    NAME.npz, NAME.npy
    NAME-images-idx3-ubyte[.gz]     with NAME-labels-idx1-ubyte[.gz] and NAME-classes.txt beside it, if there

`NAME-classes.txt` has the name of a class in each line, first that of label 0: IDX has no place for names.
What a file holds is told by its first bytes; names are compared without regard to case and to how accents
are composed, as disks do. `NAME-images.idx3-ubyte` is what some unpackers write, and is right too.
"""

import contextlib
import gzip
import re
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from ipo.datasets.errors import BadDataFile, DatasetMissing
from ipo.datasets.image_sets import ImageSet, check_class_name, open_idx_pair, open_npy, open_npz
from ipo.regular_files import open_regular, read_regular

_IMAGES = re.compile(r"(?P<name>.*?)(?:\.np[zy]|[-_.]images[-_.]idx3[-_.]ubyte(?:\.gz)?)", re.I | re.S)
_LABELS = re.compile(r"(?P<name>.*?)[-_.]labels[-_.]idx1[-_.]ubyte(?:\.gz)?", re.I | re.S)
_CLASSES = re.compile(r"(?P<name>.*?)-classes\.txt", re.I | re.S)
_MOST_NAMES = 1 << 20  # bytes of a file of class names

_NPZ, _NPY, _GZIP, _IDX = b"PK", b"\x93NUMPY", b"\x1f\x8b", b"\0\0"
_OTHERS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF",
    b"\x89HDF": "an HDF5 file",
    b"MATLAB": "a MATLAB file",
    b"\x80": "a pickle",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"7z\xbc\xaf": "packed with 7-Zip",
    b"version https://git-lfs": "a pointer of Git LFS (git lfs pull brings the file)",
    b"<": "a web page, maybe of a download that failed",
}


def fold_name(name: str) -> str:
    """Equal for names that a disk may take for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def is_path(text: str) -> bool:
    """Whether this is the path of a file, and not the plain name of a set."""
    return Path(text).name != text or _IMAGES.fullmatch(text) is not None


def set_name(path: Path) -> str:
    """NAME, of the path of a set."""
    found = _IMAGES.fullmatch(path.name)
    return unicodedata.normalize("NFC", path.name if found is None else found["name"])


def names_in(folder: Path) -> tuple[str, ...]:
    """Every NAME in a folder, sorted; none where there is no folder. Looks into no file."""
    found = {set_name(path) for path in _entries(folder) if _IMAGES.fullmatch(path.name)}
    return tuple(sorted(found - {""}))


def path_in(folder: Path, name: str) -> Path:
    """The file of the images of a set in a folder. Raises `DatasetMissing`, and `BadDataFile` for several."""
    found = _find(folder, name, _IMAGES)
    if found is None:
        raise DatasetMissing(
            f"{folder} has no images named {name}; {name}.npz or {name}-images-idx3-ubyte would be right."
        )
    return found


def locate(path: Path) -> Path:
    """The path as the disk has it: the same name may be composed in another way there."""
    if path.exists():
        return path
    same = [entry for entry in _entries(path.parent) if fold_name(entry.name) == fold_name(path.name)]
    return same[0] if len(same) == 1 else path


def open_file(path: Path, white: int | None = None) -> ImageSet:
    """The set in a file; `white` is the number that is white, where the file leaves a doubt.

    Raises `DatasetMissing`, `BadDataFile`, `UnclearWhite` and `OSError`.
    """
    try:
        with _open(path) as images:
            magic = _magic(images, path)
            if magic.startswith(_NPZ):
                return open_npz(images, str(path), white)
            if magic.startswith(_NPY):
                return open_npy(images, str(path), white)
            if magic.startswith(_GZIP):
                with gzip.GzipFile(fileobj=images) as packed:
                    inside = _magic(cast(BinaryIO, packed), path)
                    if inside.startswith(_NPY):
                        return open_npy(cast(BinaryIO, packed), str(path), white)
                magic = inside
                images.seek(0)
            if not magic.startswith(_IDX):
                raise BadDataFile(
                    f"{path} is {_describe(magic)}; an npz, an npy or an IDX file of images would be right."
                )
            name = set_name(path)
            beside = _find(path.parent, name, _LABELS)
            named = _find(path.parent, name, _CLASSES)
            with contextlib.nullcontext() if beside is None else _open(beside) as labels:
                names = () if named is None else _read_class_names(named)
                return open_idx_pair(images, labels, str(path), names, white)
    except FileNotFoundError as error:
        raise DatasetMissing(
            f"{error.filename} is not there; the path of an npz or of a file NAME-images-idx3-ubyte would be "
            "right."
        ) from None


def _entries(folder: Path) -> list[Path]:
    """Files and folders in a folder that are not hidden; none where there is no folder."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    return []


def _find(folder: Path, name: str, pattern: re.Pattern[str]) -> Path | None:
    """The one file of a set, whose name is the same, or else the same to some disks."""
    same: list[Path] = []
    exact: list[Path] = []
    for path in _entries(folder):
        match = pattern.fullmatch(path.name)
        if match is not None and fold_name(match["name"]) == fold_name(name):
            same.append(path)
            if unicodedata.normalize("NFC", match["name"]) == unicodedata.normalize("NFC", name):
                exact.append(path)
    found = sorted(exact or same, key=lambda path: (path.suffix.lower() != ".npz", path.name))
    if len(found) > 1:
        raise BadDataFile(
            f"{folder} has {name} several times: {', '.join(path.name for path in found)}. "
            "Move away all but one."
        )
    return found[0] if found else None


@contextlib.contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    """A file to read. Raises `OSError`, and `BadDataFile` for a folder or a pipe."""
    try:
        file = open_regular(path)
    except ValueError as error:
        raise BadDataFile(f"{path.parent}: {error}.") from None
    with file:
        yield file


def _magic(file: BinaryIO, path: Path) -> bytes:
    """The first bytes, from which it is told what a file is."""
    try:
        magic = file.read(24)
        file.seek(0)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadDataFile(f"{path} is damaged or cut short: it cannot be unpacked ({error}).") from error
    return magic


def _describe(magic: bytes) -> str:
    if not magic:
        return "empty"
    known = next((name for begins, name in _OTHERS.items() if magic.startswith(begins)), None)
    return known or f"none that is known: it begins with {magic[:4].hex(' ')}"


def _read_class_names(path: Path) -> tuple[str, ...]:
    """The lines of a file."""
    try:
        content = read_regular(path, _MOST_NAMES)
    except ValueError as error:
        raise BadDataFile(f"{path.parent}: {error}.") from None
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        wrong = content.count(b"\n", 0, error.start) + 1
        raise BadDataFile(f"{path}, line {wrong}: this is not UTF-8. Save the file as UTF-8.") from None
    names = [line.strip() for line in text.rstrip().split("\n")]
    for at in range(len(names)):
        check_class_name(names, at, f"{path}, line {at + 1}")
    return tuple(names)
