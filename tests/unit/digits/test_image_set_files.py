"""Files of images as people have them, and what each gives; opening touches none of them."""

import gzip
import io
import os
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.datasets import idx
from ipo.datasets.errors import DatasetError
from ipo.datasets.grey_levels import UnclearWhite, grey_levels
from ipo.digits import data
from ipo.digits.folder import folder_in

COUNT = 12
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 5, 6)).astype(np.uint8)
IMAGES[0, 0, :2] = 0, 255
LABELS = (np.arange(COUNT) % 3).astype(np.uint8)
NAMES = ("coat", "bag", "shoe")
DIGITS = tuple(map(str, range(10)))
BITS = (IMAGES > 127).astype(np.uint8)

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Gives:
    """What a file should give."""

    images: np.ndarray = field(default_factory=lambda: IMAGES)
    truth: np.ndarray | None = None
    class_names: tuple[str, ...] = DIGITS


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def claiming(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


IDX, IDX_LABELS = idx.encode(IMAGES), idx.encode(LABELS)
LABELLED = Gives(truth=LABELS, class_names=("0", "1", "2"))

# The first file is opened; the others lie beside it.
OPENED: dict[str, tuple[Files, Gives]] = {
    "npz": ({"a.npz": npz(images=IMAGES)}, Gives()),
    "npz in capitals": ({"A.NPZ": npz(images=IMAGES)}, Gives()),
    "npz with all": (
        {"a.npz": npz(images=IMAGES, labels=LABELS, class_names=np.array(NAMES))},
        Gives(truth=LABELS, class_names=NAMES),
    ),
    "npz, arrays in capitals": ({"a.npz": npz(Images=IMAGES, LABELS=LABELS)}, LABELLED),
    "npz of scikit-learn": ({"a.npz": npz(images=IMAGES, target=LABELS.astype(np.int64))}, LABELLED),
    "npz with X and y": ({"a.npz": npz(X=IMAGES, y=LABELS)}, LABELLED),
    "npz with who wrote it": ({"a.npz": npz(images=IMAGES, writer=LABELS)}, Gives()),
    "npz with a fold": ({"a.npz": npz(images=IMAGES, fold=np.arange(COUNT))}, Gives()),
    "npz with a fold and labels": ({"a.npz": npz(images=IMAGES, fold=LABELS[::-1], y=LABELS)}, LABELLED),
    "npz with text of something": (
        {"a.npz": npz(images=IMAGES, writer=np.array(["ada", "emmy"] * 6))},
        Gives(),
    ),
    "npz of yes and no": (
        {"a.npz": npz(images=IMAGES, labels=LABELS > 0)},
        Gives(truth=(LABELS > 0).astype(np.uint8), class_names=("0", "1")),
    ),
    "npy": ({"a.npy": npy(IMAGES)}, Gives()),
    "npy, gzipped": ({"a.npy.gz": gzip.compress(npy(IMAGES))}, Gives()),
    "npy with the name of an npz": ({"a.npz": npy(IMAGES)}, Gives()),
    "npz with the name of IDX": ({"a-images-idx3-ubyte": npz(images=IMAGES)}, Gives()),
    "a channel first": ({"a.npz": npz(images=IMAGES[:, None])}, Gives()),
    "a channel last": ({"a.npz": npz(images=IMAGES[..., None])}, Gives()),
    "Fortran's order": ({"a.npz": npz(images=np.asfortranarray(IMAGES))}, Gives()),
    "big-endian": ({"a.npy": npy(IMAGES.astype(">i4"))}, Gives()),
    "floats 0 to 1": ({"a.npy": npy(IMAGES.astype(np.float32) / 255)}, Gives()),
    "half floats 0 to 1": ({"a.npy": npy((IMAGES / 255).astype(np.float16))}, Gives()),
    "floats 0 to 255": ({"a.npy": npy(IMAGES.astype(np.float64))}, Gives()),
    "floats 0 and 1": ({"a.npy": npy(BITS.astype(np.float32))}, Gives(255 * BITS)),
    "bools": ({"a.npy": npy(BITS.astype(bool))}, Gives(255 * BITS)),
    "all black": ({"a.npy": npy(0 * IMAGES)}, Gives(0 * IMAGES)),
    "IDX": ({"a-images-idx3-ubyte": IDX}, Gives()),
    "IDX, as unpackers name it": (
        {"a-images.idx3-ubyte": IDX, "a-labels.idx1-ubyte": IDX_LABELS},
        LABELLED,
    ),
    "IDX, gzipped, with labels unpacked": (
        {"a-images-idx3-ubyte.gz": gzip.compress(IDX), "a-labels-idx1-ubyte": IDX_LABELS},
        LABELLED,
    ),
    "IDX, gzipped in spite of its name": ({"a-images-idx3-ubyte": gzip.compress(IDX)}, Gives()),
    "IDX, unpacked in spite of its name": ({"a-images-idx3-ubyte.gz": IDX}, Gives()),
    "IDX in capitals": ({"A-IMAGES-IDX3-UBYTE": IDX, "A-LABELS-IDX1-UBYTE": IDX_LABELS}, LABELLED),
    "IDX with the name of an npz": ({"a.npz": IDX}, Gives()),
    "IDX with any name": ({"digits.bin": IDX}, Gives()),
    "IDX with names of classes from Windows": (
        {"a-images-idx3-ubyte": IDX, "a-classes.txt": b"\xef\xbb\xbfcoat\r\nbag\r\nshoe\r\n"},
        Gives(class_names=NAMES),
    ),
}
REFUSED: dict[str, tuple[Files, str]] = {
    "nothing": ({"a.npz": b""}, "is empty; an npz, an npy or an IDX file of images would be right."),
    "a picture": ({"a.npz": b"\x89PNG\r\n\x1a\n" + bytes(30)}, "is a PNG image; an npz"),
    "a web page": ({"a.npz": b"<!DOCTYPE html><html>"}, "is a web page, maybe of a download that failed"),
    "a pickle": ({"a.npz": b"\x80\x04\x95\x10\x00"}, "is a pickle;"),
    "a pointer": ({"a.npz": b"version https://git-lfs.github.com/spec/v1\n"}, "is a pointer of Git LFS"),
    "text": ({"a.npz": b"0,0,0,255\n"}, "it begins with 30 2c 30 2c"),
    "a zip of IDX files": (
        {"a.npz": zipped(**{"train-images-idx3-ubyte": IDX})},
        "It holds train-images-idx3-ubyte: unpack it first",
    ),
    "cut short": ({"a.npz": npz(images=IMAGES)[:-40]}, "is not a sound npz"),
    "an npy cut short": ({"a.npy": npy(IMAGES)[:-40]}, "is not a sound npy"),
    "gzip cut short": ({"a-images-idx3-ubyte.gz": gzip.compress(IDX)[:-9]}, "cut short"),
    "gzip of a picture": ({"a-images-idx3-ubyte.gz": gzip.compress(b"\x89PNG\r\n")}, "is a PNG image"),
    "pickled objects": ({"a.npy": npy(np.array([{}] * 12, dtype=object))}, "(12,) of object"),
    "a claim of a terabyte": ({"a.npy": claiming((10**6, 1000, 1000))}, "1,000,000,000,000 bytes. From 1"),
    "a claim of a terabyte in a zip": (
        {"a.npz": zipped(**{"images.npy": claiming((10**6, 1000, 1000))})},
        "1,000,000,000,000 bytes. From 1",
    ),
    "a claim that is not kept": ({"a.npy": claiming((1000, 100, 100))}, "is not a sound npy"),
    "colours": ({"a.npz": npz(images=np.repeat(IMAGES[..., None], 3, 3))}, "save the mean over the last"),
    "flat images": ({"a.npz": npz(images=IMAGES.reshape(COUNT, -1))}, "save images.reshape(n, H, W)."),
    "complex": ({"a.npz": npz(images=IMAGES.astype(complex))}, "is (12, 5, 6) of complex128"),
    "floats −1 to 1": (
        {"a.npy": npy(IMAGES / 127.5 - 1)},
        "from -1 to 1. They should be integers",
    ),
    "NaN": ({"a.npy": npy(np.where(IMAGES == 255, np.nan, IMAGES))}, "Image 0 is the first with NaN"),
    "infinity": ({"a.npy": npy(np.where(IMAGES == 255, np.inf, IMAGES))}, "NaN or infinity"),
    "16 bits": ({"a.npy": npy(IMAGES.astype(np.uint16) * 257)}, "Save images / 65535 instead."),
    "labels of text": (
        {"a.npz": npz(images=IMAGES, labels=np.array(["coat", "bag"] * 6))},
        "numpy.unique(…, return_inverse=True)",
    ),
    "too few labels": ({"a.npz": npz(images=IMAGES, labels=LABELS[:5])}, "one for each image."),
    "two arrays of labels": ({"a.npz": npz(images=IMAGES, y=LABELS, target=LABELS)}, "y, target"),
    "a class without a name": (
        {"a.npz": npz(images=IMAGES, class_names=np.array(["coat", " ", "shoe"]))},
        "The name of class 1 in",
    ),
    "a class twice": (
        {"a.npz": npz(images=IMAGES, class_names=np.array(["caf\u00e9", "bag", "cafe\u0301"]))},
        "is the name of another class too",
    ),
    "a class on two lines": (
        {"a.npz": npz(images=IMAGES, class_names=np.array(["co\nat", "bag", "shoe"]))},
        "co␊at has marks that nobody sees",
    ),
    "a class that turns text around": (
        {"a-images-idx3-ubyte": IDX, "a-classes.txt": "coat\n\u202ebag\n".encode()},
        "a-classes.txt, line 2: ⟨U+202E⟩bag has marks",
    ),
    "a class without end": (
        {"a-images-idx3-ubyte": IDX, "a-classes.txt": b"coat\n" + b"x" * 5000},
        "5000 letters; 100 at most",
    ),
    "labels of another set": (
        {"a-images-idx3-ubyte": IDX, "a-labels-idx1-ubyte": idx.encode(LABELS[:4])},
        "has 12 images but 4 labels",
    ),
    "labels twice": (
        {
            "a-images-idx3-ubyte": IDX,
            "a-labels-idx1-ubyte": IDX_LABELS,
            "a-labels.idx1-ubyte": IDX_LABELS,
        },
        "has a several times: a-labels-idx1-ubyte, a-labels.idx1-ubyte. Move away all but one.",
    ),
}


def put(folder: Path, files: Files) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / next(iter(files))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("case", OPENED)
def test_a_file_of_images_is_opened_as_it_was_meant(tmp_path: Path, case: str) -> None:
    files, right = OPENED[case]
    path = put(tmp_path / "set", files)
    found = data.load(str(path), tmp_path)
    np.testing.assert_array_equal(found.images, right.images)
    assert found.images.dtype == np.uint8 and found.images.flags.c_contiguous
    assert found.class_names == right.class_names
    assert (found.truth is None) == (right.truth is None)
    if right.truth is not None:
        np.testing.assert_array_equal(found.truth, right.truth)
    assert contents(path.parent) == dict(files)


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_of_images_that_cannot_be_opened_is_refused_in_a_sentence(tmp_path: Path, case: str) -> None:
    files, says = REFUSED[case]
    path = put(tmp_path / "set", files)
    with pytest.raises(DatasetError) as told:
        data.load(str(path), tmp_path)
    assert says in str(told.value) and str(path.parent) in str(told.value)
    assert contents(path.parent) == dict(files)


@pytest.mark.parametrize("place", ["images", "labels", "classes", "MNIST"])
@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_is_said_and_not_waited_for(tmp_path: Path, place: str, kind: str) -> None:
    path = put(tmp_path / "set", {"a-images-idx3-ubyte": IDX})
    name = {"labels": "a-labels-idx1-ubyte", "classes": "a-classes.txt"}.get(place, path.name)
    odd = path.parent / name
    if place == "MNIST":
        odd = tmp_path / "datasets" / "mnist" / "train-images-idx3-ubyte"
        odd.parent.mkdir(parents=True)
    odd.unlink(missing_ok=True)
    make: Callable[[Path], None] = os.mkfifo if kind == "pipe" else os.mkdir
    make(odd)
    with pytest.raises((DatasetError, OSError), match="pipe" if kind == "pipe" else "folder|directory"):
        data.load(data.MNIST if place == "MNIST" else str(path), tmp_path)


@pytest.mark.parametrize("levels", [1, 2, 15, 16])
@pytest.mark.parametrize("kind", ["npy", "idx", "float"])
def test_which_of_a_few_dark_levels_is_white_is_asked(tmp_path: Path, levels: int, kind: str) -> None:
    images = (IMAGES % (levels + 1)).astype(np.uint8)
    images[0, 0, 0] = levels
    if kind == "float" and levels == 1:
        return  # floats 0…1 leave no doubt
    numbers = images.astype(float if kind == "float" else int)
    content = idx.encode(images) if kind == "idx" else npy(numbers)
    path = put(tmp_path / "set", {"a.npy": content})
    with pytest.raises(UnclearWhite, match=f"0…{levels}: if white is 255, they are almost black") as told:
        data.load(str(path), tmp_path)
    assert told.value.highest == levels
    np.testing.assert_array_equal(data.load(str(path), tmp_path, 255).images, images)
    stretched = np.rint(images * (255 / levels)).astype(np.uint8)
    np.testing.assert_array_equal(data.load(str(path), tmp_path, levels).images, stretched)


NAMED = "Kle\u0301e"  # as a Mac writes it


@pytest.mark.parametrize("asked", [NAMED, unicodedata.normalize("NFC", NAMED), "KL\u00c9E", "kl\u00e9e"])
def test_a_name_is_found_however_it_is_written(tmp_path: Path, asked: str) -> None:
    folder = tmp_path / "datasets" / "images"
    folder.mkdir(parents=True)
    (folder / f"{NAMED}-images-idx3-ubyte").write_bytes(IDX)
    (folder / f"{NAMED}-labels-idx1-ubyte").write_bytes(IDX_LABELS)
    assert data.available(tmp_path) == ("mnist", "Kl\u00e9e")
    assert data.load(asked, tmp_path).truth is not None
    assert folder_in(tmp_path, asked).path.name == "Kl\u00e9e"
    by_path = str(folder / f"{asked}-images-idx3-ubyte")
    assert data.load(by_path, tmp_path).truth is not None
    assert folder_in(tmp_path, by_path).path.name == "Kl\u00e9e"


def test_labels_in_a_folder_whose_name_is_composed_in_the_old_way_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "datasets" / "images"
    folder.mkdir(parents=True)
    put(folder, {"Kl\u00e9e.npz": npz(images=IMAGES)})
    old = tmp_path / "digits" / unicodedata.normalize("NFD", "Kl\u00e9e")
    old.mkdir(parents=True)
    assert folder_in(tmp_path, "Kl\u00e9e").path == old
    (tmp_path / "digits" / "kl\u00e9e").mkdir()  # which may be of another set
    assert folder_in(tmp_path, "Kl\u00e9e").path == old
    (tmp_path / "digits" / "Kl\u00e9e").mkdir()
    assert folder_in(tmp_path, "Kl\u00e9e").path.name == "Kl\u00e9e"


def test_mnist_in_capitals_never_shares_the_labels_of_mnist(tmp_path: Path) -> None:
    folder = tmp_path / "datasets" / "images"
    path = put(folder.parent.parent / "elsewhere", {"MNIST.npz": npz(images=IMAGES)})
    folder.mkdir(parents=True)
    path = path.rename(folder / path.name)
    assert data.available(tmp_path) == ("mnist",)
    names = {folder_in(tmp_path, source).path.name.casefold() for source in ("mnist", "MNIST", str(path))}
    assert len(names) == 2 and "mnist" in names
    assert len(data.load(str(path), tmp_path).images) == COUNT


def test_names_that_differ_in_case_alone_are_told_apart_where_the_disk_does(tmp_path: Path) -> None:
    folder = tmp_path / "datasets" / "images"
    folder.mkdir(parents=True)
    (folder / "shoes.npy").write_bytes(npy(IMAGES))
    (folder / "Shoes.npy").write_bytes(npy(IMAGES[::-1]))
    np.testing.assert_array_equal(data.load("Shoes", tmp_path).images, IMAGES[::-1])
    np.testing.assert_array_equal(data.load("shoes", tmp_path).images, IMAGES)
    with pytest.raises(DatasetError, match=r"SHOES several times: Shoes\.npy, shoes\.npy"):
        data.load("SHOES", tmp_path)


MAGIC = (b"", b"PK\x03\x04", b"\x93NUMPY", b"\x1f\x8b\x08", b"\0\0\x08\x03")


@given(st.binary(max_size=80), st.sampled_from(MAGIC))
def test_any_bytes_are_opened_or_refused(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, begins: bytes
) -> None:
    folder = tmp_path_factory.mktemp("noise")
    path = put(folder, {"a.npz": begins + noise})
    with pytest.raises(DatasetError) as told:
        data.load(str(path), folder)
    assert str(folder) in str(told.value)


@given(levels=st.lists(st.floats(0, 1), min_size=16, max_size=16), white=st.integers(2, 19))
def test_white_is_255_and_order_stays(levels: list[float], white: int) -> None:
    numbers = np.array([*levels, 1.0, 0.0]).reshape(1, 2, 9) * white
    got = grey_levels(numbers, "a", white)
    assert got.max() == 255 and got.min() == 0
    order = np.argsort(numbers, axis=None, kind="stable")
    assert (np.diff(got.ravel()[order].astype(int)) >= 0).all()
