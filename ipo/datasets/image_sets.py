"""Small grey images that somebody brings: an npz, or a pair of IDX files."""

import math
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ipo.datasets import idx
from ipo.datasets.errors import BadDataFile

MOST_CLASSES = 256  # labels are bytes


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images with what is known about them, in one order."""

    images: NDArray[np.uint8]  # (n, H, W)
    labels: NDArray[np.uint8] | None  # (n,), indices into class_names
    class_names: tuple[str, ...]  # empty where neither names nor labels are known
    name: str


def open_idx_pair(
    images: BinaryIO, labels: BinaryIO | None, name: str, class_names: tuple[str, ...] = ()
) -> ImageSet:
    """A set from open IDX files of images and, maybe, of labels, plain or gzipped. Raises `BadDataFile`."""
    values = idx.read(images, f"The file of images of {name}", axes=3)
    numbers = None if labels is None else idx.read(labels, f"The file of labels of {name}", axes=1)
    return _image_set(values, numbers, class_names, name)


def open_npz(file: BinaryIO, name: str) -> ImageSet:
    """A set from an open npz with `images` `(n, H, W)` and, maybe, `labels` `(n,)` and `class_names` `(k,)`.

    Arrays with other names are taken where their shape leaves no doubt. Images are integers in 0…255 or
    floats in 0…1. Nothing is unpickled, and no array over `idx.MOST_BYTES` is read. Raises `BadDataFile`.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            headers = _headers(archive)
            images = _choose(headers, "images", lambda h: len(h.shape) == 3 and h.dtype.kind in "iuf", name)
            if images is None:
                held = ", ".join(f"{key} {header}" for key, header in headers.items()) or "nothing"
                raise BadDataFile(f"{name} has no images: numbers of shape (n, H, W). It holds {held}.")
            count = headers[images].shape[0]
            labels = _choose(headers, "labels", lambda h: h.shape == (count,) and h.dtype.kind in "iu", name)
            names = _choose(headers, "class_names", lambda h: len(h.shape) == 1 and h.dtype.kind == "U", name)
            return _image_set(
                _as_bytes(_array(archive, images), name),
                None if labels is None else _array(archive, labels),
                () if names is None else tuple(_array(archive, names).tolist()),
                name,
            )
    except _NOT_SOUND as error:
        raise BadDataFile(
            f"{name} is not a sound npz ({error}). Write it with numpy.savez(file, images=…, labels=…)."
        ) from error


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
                read_header = _READ_HEADER.get(np.lib.format.read_magic(file))
                if read_header is not None:
                    shape, _, dtype = read_header(file)
                    headers[member.removesuffix(".npy")] = _Header(shape, dtype)
    return headers


def _choose(
    headers: dict[str, _Header], wanted: str, fits: Callable[[_Header], bool], name: str
) -> str | None:
    """The array called `wanted`, or else the only one that fits; `None` where none does."""
    if wanted in headers and not fits(headers[wanted]):
        raise BadDataFile(f"{wanted} in {name} is {headers[wanted]}. {_RIGHT[wanted]}")
    fitting = [wanted] if wanted in headers else [key for key, header in headers.items() if fits(header)]
    if len(fitting) > 1:
        raise BadDataFile(
            f"{name} has several arrays that could be its {wanted}: {', '.join(fitting)}. "
            f"Write it again with the one that is meant named {wanted}."
        )
    for key in fitting:
        size = math.prod(headers[key].shape) * headers[key].dtype.itemsize
        if not 0 < size <= idx.MOST_BYTES:
            raise BadDataFile(
                f"{key} in {name} is {headers[key]}: {size:,} bytes. "
                f"From 1 to {idx.MOST_BYTES:,} bytes can be read."
            )
    return fitting[0] if fitting else None


_RIGHT = {
    "images": "Images are numbers of shape (n, H, W).",
    "labels": "Labels are integers, one for each image.",
    "class_names": "Class names are one list of text.",
}


def _array(archive: zipfile.ZipFile, key: str) -> NDArray[Any]:
    with archive.open(f"{key}.npy") as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
        return array


def _as_bytes(images: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """Grey levels 0…255 from integers 0…255 or floats 0…1."""
    if images.dtype == np.uint8:
        return np.ascontiguousarray(images)
    highest = 1 if images.dtype.kind == "f" else 255
    low, high = images.min(), images.max()
    if not (low >= 0 and high <= highest):  # also false for nan
        raise BadDataFile(
            f"The images of {name} are {images.dtype} from {low:g} to {high:g}. "
            "They should be integers in 0…255 or floats in 0…1."
        )
    grey: NDArray[np.uint8] = np.rint(images * (255 // highest)).astype(np.uint8)
    return grey


def _image_set(
    images: NDArray[np.uint8], labels: NDArray[Any] | None, class_names: tuple[str, ...], name: str
) -> ImageSet:
    if len(class_names) > MOST_CLASSES:
        raise BadDataFile(f"{name} names {len(class_names)} classes; there can be {MOST_CLASSES} at most.")
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
