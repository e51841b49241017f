"""Small grey images that somebody brings: an npz, or a pair of IDX files."""

import math
import tokenize
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from ipo.datasets import idx
from ipo.datasets.errors import BadDataFile
from ipo.datasets.grey_levels import grey_levels
from ipo.visible import visible

MOST_CLASSES = 256  # labels are bytes
MOST_LETTERS = 100  # of the name of a class

# Names of arrays, folded, that mean labels or names of classes; an array of the same shape may be anything.
_LABELS = frozenset(
    ("labels", "label", "y", "target", "targets", "class", "classes", "category", "categories", "digits")
) | frozenset(("y_train", "train_y", "train_labels", "labels_train"))
_CLASS_NAMES = frozenset(
    ["class_names", "classnames", "classes", "names", "label_names", "target_names", "categories"]
)


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images with what is known about them, in one order."""

    images: NDArray[np.uint8]  # (n, H, W)
    labels: NDArray[np.uint8] | None  # (n,), indices into class_names
    class_names: tuple[str, ...]  # empty where neither names nor labels are known
    name: str


def open_idx_pair(
    images: BinaryIO,
    labels: BinaryIO | None,
    name: str,
    class_names: tuple[str, ...] = (),
    white: int | None = None,
) -> ImageSet:
    """A set from open IDX files of images and, maybe, of labels, plain or gzipped. Raises `BadDataFile`."""
    values = idx.read(images, f"The file of images of {name}", axes=3)
    numbers = None if labels is None else idx.read(labels, f"The file of labels of {name}", axes=1)
    return _image_set(grey_levels(values, name, white), numbers, class_names, name)


def open_npy(file: BinaryIO, name: str, white: int | None = None) -> ImageSet:
    """A set of images alone, from an open npy. Raises `BadDataFile`."""
    try:
        header = _read_header(file)
        file.seek(0)
        if header is None or not _are_images(header):
            held = "an array of another version" if header is None else str(header)
            hint = "" if header is None else _hint("images", header)
            raise BadDataFile(f"{name} is {held}. {_RIGHT['images']}{hint}")
        _check_size(header, name)
        array = np.lib.format.read_array(file, allow_pickle=False)
    except _NOT_SOUND as error:
        raise BadDataFile(
            f"{name} is not a sound npy ({error}). Write it with numpy.save(file, …)."
        ) from error
    return _image_set(grey_levels(_without_channel(array), name, white), None, (), name)


def open_npz(file: BinaryIO, name: str, white: int | None = None) -> ImageSet:
    """A set from an open npz with `images` `(n, H, W)` and, maybe, `labels` `(n,)` and `class_names` `(k,)`.

    Images with another name are taken where their shape leaves no doubt; labels and names only where the name
    of the array means that. Images are as in `grey_levels`; `(n, 1, H, W)` and `(n, H, W, 1)` are read too.
    Nothing is unpickled, and no array over `idx.MOST_BYTES` is read. Raises `BadDataFile`.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            headers = _headers(archive)
            images = _choose(headers, "images", _are_images, name)
            if images is None:
                held = ", ".join(f"{key} {header}" for key, header in headers.items())
                files = ", ".join(map(visible, archive.namelist()[:3])) or "nothing"
                held = held or f"{files}: unpack it first, if that is what you mean"
                raise BadDataFile(f"{name} has no images: numbers of shape (n, H, W). It holds {held}.")
            count = headers[images].shape[0]
            labels = _choose(headers, "labels", lambda header: _are_labels(header, count), name, _LABELS)
            names = _choose(headers, "class_names", _are_names, name, _CLASS_NAMES)
            return _image_set(
                grey_levels(_without_channel(_array(archive, images)), name, white),
                None if labels is None else _array(archive, labels),
                () if names is None else tuple(map(str, _array(archive, names).tolist())),
                name,
            )
    except _NOT_SOUND as error:
        raise BadDataFile(
            f"{name} is not a sound npz ({error}). Write it with numpy.savez(file, images=…, labels=…)."
        ) from error


def check_class_name(names: Sequence[str], at: int, where: str) -> None:
    """Raises `BadDataFile` for a name that is empty, endless, there before, or has marks that nobody sees."""
    name = names[at]
    plain = unicodedata.normalize("NFC", name.strip())
    if not plain:
        raise BadDataFile(f"{where}: it is empty; the name of a class would be right.")
    if visible(name) != name:
        raise BadDataFile(f"{where}: {visible(name)} has marks that nobody sees; plain text would be right.")
    if len(name) > MOST_LETTERS:
        raise BadDataFile(f"{where}: it has {len(name)} letters; {MOST_LETTERS} at most would be right.")
    if plain in (unicodedata.normalize("NFC", other.strip()) for other in names[:at]):
        raise BadDataFile(f"{where}: {name} is the name of another class too.")


# What zipfile and numpy raise for files that are damaged, encrypted, pickled or no npz at all.
_NOT_SOUND = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    tokenize.TokenError,
    ValueError,
)


@dataclass(frozen=True)
class _Header:
    """What the header of one array says."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __str__(self) -> str:
        return f"{self.shape} of {self.dtype}"


_READ_HEADER = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def _headers(archive: zipfile.ZipFile) -> dict[str, _Header]:
    """The header of every plain array; records and pickled objects are left out."""
    headers = {}
    for member in archive.namelist():
        if member.endswith(".npy"):
            with archive.open(member) as file:
                header = _read_header(cast(BinaryIO, file))
                if header is not None:
                    headers[member.removesuffix(".npy")] = header
    return headers


def _read_header(file: BinaryIO) -> _Header | None:
    """What an npy says of itself; `None` for a version that only records need."""
    read_header = _READ_HEADER.get(np.lib.format.read_magic(file))
    if read_header is None:
        return None
    shape, _, dtype = read_header(file)
    return _Header(shape, dtype)


def _are_images(header: _Header) -> bool:
    channels = header.shape[1:2] + header.shape[3:4]
    grey = len(header.shape) == 3 or (len(header.shape) == 4 and 1 in channels)
    return grey and header.dtype.kind in "biuf"


def _are_labels(header: _Header, count: int) -> bool:
    return header.shape == (count,) and header.dtype.kind in "biu"


def _are_names(header: _Header) -> bool:
    return len(header.shape) == 1 and header.dtype.kind == "U"


def _without_channel(images: NDArray[Any]) -> NDArray[Any]:
    if images.ndim == 3:
        return images
    return images[:, 0] if images.shape[1] == 1 else images[..., 0]


def _choose(
    headers: dict[str, _Header],
    wanted: str,
    fits: Callable[[_Header], bool],
    name: str,
    known: frozenset[str] | None = None,
) -> str | None:
    """The array called `wanted`, or else the only one that fits and has a `known` name; `None`: none does."""
    called = [key for key in headers if key.casefold() == wanted]
    if len(called) == 1 and not fits(headers[called[0]]):
        held = headers[called[0]]
        raise BadDataFile(f"{called[0]} in {name} is {held}. {_RIGHT[wanted]}{_hint(wanted, held)}")
    fitting = called or [
        key for key, header in headers.items() if fits(header) and (known is None or key.casefold() in known)
    ]
    if len(fitting) > 1:
        raise BadDataFile(
            f"{name} has several arrays that could be its {wanted}: {', '.join(fitting)}. "
            f"Write it again with the one that is meant named {wanted}."
        )
    for key in fitting:
        _check_size(headers[key], f"{key} in {name}")
    return fitting[0] if fitting else None


def _hint(wanted: str, header: _Header) -> str:
    """How to make what is wanted of what is there, where that is known."""
    if wanted == "images" and len(header.shape) == 4 and header.shape[3] in (3, 4):
        return " Of colours save the mean over the last axis."
    if wanted == "images" and len(header.shape) == 2:
        return " Of flat images save images.reshape(n, H, W)."
    if wanted == "labels" and header.dtype.kind == "U":
        return " Of text save class_names, labels = numpy.unique(…, return_inverse=True)."
    return ""


def _check_size(header: _Header, name: str) -> None:
    size = math.prod(header.shape) * header.dtype.itemsize
    if not 0 < size <= idx.MOST_BYTES:
        raise BadDataFile(
            f"{name} is {header}: {size:,} bytes. From 1 to {idx.MOST_BYTES:,} bytes can be read."
        )


_RIGHT = {
    "images": "Images are numbers of shape (n, H, W).",
    "labels": "Labels are integers, one for each image.",
    "class_names": "Class names are one list of text.",
}


def _array(archive: zipfile.ZipFile, key: str) -> NDArray[Any]:
    with archive.open(f"{key}.npy") as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
        return array


def _image_set(
    images: NDArray[np.uint8], labels: NDArray[Any] | None, class_names: tuple[str, ...], name: str
) -> ImageSet:
    if len(class_names) > MOST_CLASSES:
        raise BadDataFile(f"{name} names {len(class_names)} classes; there can be {MOST_CLASSES} at most.")
    for at in range(len(class_names)):
        check_class_name(class_names, at, f"The name of class {at} in {name}")
    if labels is None:
        return ImageSet(images, None, class_names, name)
    if labels.shape != images.shape[:1]:
        raise BadDataFile(
            f"{name} has {len(images):,} images but {len(labels):,} labels. Each image needs one label: "
            "choose the two files that belong together."
        )
    lowest, highest, most = int(labels.min()), int(labels.max()), len(class_names) or MOST_CLASSES
    if lowest < 0 or highest >= most:
        named = f", as it names {most} classes" if class_names else ""
        raise BadDataFile(
            f"The labels of {name} are {lowest}…{highest}; they should be in 0…{most - 1}{named}."
        )
    names = class_names or tuple(str(label) for label in range(highest + 1))
    return ImageSet(images, labels.astype(np.uint8), names, name)
