"""Promises of files of images that somebody brings."""

import io
import pickle
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.datasets import idx
from ipo.datasets.errors import BadDataFile
from ipo.datasets.image_sets import ImageSet, open_idx_pair, open_npz

IMAGES = np.arange(4 * 3 * 5, dtype=np.uint8).reshape(4, 3, 5)
LABELS = np.array([2, 0, 1, 2])
NAMES = np.array(["coat", "bag", "shoe"])


def npz(**arrays: Any) -> io.BytesIO:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    file.seek(0)
    return file


def opened(**arrays: Any) -> ImageSet:
    return open_npz(npz(**arrays), "clothes.npz")


def refused(**arrays: Any) -> str:
    with pytest.raises(BadDataFile) as error:
        opened(**arrays)
    return str(error.value)


def test_an_npz_gives_images_labels_and_names() -> None:
    clothes = opened(images=IMAGES, labels=LABELS, class_names=NAMES)
    np.testing.assert_array_equal(clothes.images, IMAGES)
    assert clothes.labels is not None and clothes.labels.dtype == np.uint8
    np.testing.assert_array_equal(clothes.labels, LABELS)
    assert clothes.class_names == ("coat", "bag", "shoe")
    assert clothes.name == "clothes.npz"


def test_labels_and_names_need_not_be_there() -> None:
    bare = opened(images=IMAGES)
    assert bare.labels is None and bare.class_names == ()
    assert opened(images=IMAGES, labels=LABELS).class_names == ("0", "1", "2")


def test_arrays_with_other_names_are_taken_where_the_shape_leaves_no_doubt() -> None:
    clothes = opened(x=IMAGES, Y=LABELS, target_names=NAMES, made=np.float64(3.0))
    assert clothes.class_names == ("coat", "bag", "shoe")
    assert refused(x_train=IMAGES, x_test=IMAGES) == (
        "clothes.npz has several arrays that could be its images: x_train, x_test. "
        "Write it again with the one that is meant named images."
    )
    assert len(opened(x_train=IMAGES, images=IMAGES[:2]).images) == 2


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.float32, np.float64])
def test_other_numbers_become_the_same_grey_levels(dtype: type) -> None:
    images = IMAGES.astype(dtype) / 255 if np.dtype(dtype).kind == "f" else IMAGES.astype(dtype)
    got = opened(images=images.astype(dtype)).images
    assert got.dtype == np.uint8
    np.testing.assert_array_equal(got, IMAGES)


def test_what_is_wrong_with_arrays_is_said_in_words() -> None:
    assert refused(labels=LABELS) == (
        "clothes.npz has no images: numbers of shape (n, H, W). It holds labels (4,) of int64."
    )
    assert refused(images=IMAGES[0]) == (
        "images in clothes.npz is (3, 5) of uint8. Images are numbers of shape (n, H, W). "
        "Of flat images save images.reshape(n, H, W)."
    )
    assert refused(images=IMAGES[:0]) == (
        "images in clothes.npz is (0, 3, 5) of uint8: 0 bytes. From 1 to 1,073,741,824 bytes can be read."
    )
    assert refused(images=IMAGES.astype(float) * 5) == (
        "The images of clothes.npz are float64 from 0 to 295. "
        "They should be integers in 0…255 or floats in 0…1."
    )
    assert "from nan to nan" in refused(images=np.full((2, 3, 3), np.nan))
    assert refused(images=IMAGES, labels=LABELS[:3]) == (
        "labels in clothes.npz is (3,) of int64. Labels are integers, one for each image."
    )
    assert refused(images=IMAGES, labels=LABELS - 1) == (
        "The labels of clothes.npz are -1…1; they should be in 0…255."
    )
    assert refused(images=IMAGES, labels=LABELS, class_names=NAMES[:2]) == (
        "The labels of clothes.npz are 0…2; they should be in 0…1, as it names 2 classes."
    )
    assert refused(images=IMAGES, class_names=np.array([f"{n}" for n in range(257)])) == (
        "clothes.npz names 257 classes; there can be 256 at most."
    )


def test_nothing_is_unpickled() -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return pytest.fail, ("unpickled",)

    hidden = np.array([Bomb(), Bomb()], dtype=object)
    assert "clothes.npz" in refused(images=hidden)
    with pytest.raises(BadDataFile, match=r"clothes\.npz is not a sound npz"):
        open_npz(io.BytesIO(pickle.dumps(Bomb())), "clothes.npz")


def test_a_huge_array_is_refused_by_its_header() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, archive.open("images.npy", "w") as member:
        np.lib.format.write_array_header_1_0(
            member, {"descr": "|u1", "fortran_order": False, "shape": (1_000_000, 1000, 1000)}
        )
    with pytest.raises(BadDataFile, match="1,000,000,000,000 bytes"):
        open_npz(file, "clothes.npz")


def test_a_damaged_file_is_named() -> None:
    whole = npz(images=IMAGES, labels=LABELS).getvalue()
    for content in (b"", b"no zip", whole[:-30], whole[:80] + b"????" + whole[84:], idx.encode(IMAGES)):
        with pytest.raises(BadDataFile) as error:
            open_npz(io.BytesIO(content), "clothes.npz")
        assert str(error.value).startswith("clothes.npz is not a sound npz (")
        assert str(error.value).endswith("Write it with numpy.savez(file, images=…, labels=…).")


@given(st.binary(max_size=12), st.integers(0, 200))
def test_any_array_in_an_npz_is_read_or_refused(noise: bytes, at: int) -> None:
    array = io.BytesIO()
    np.save(array, IMAGES)
    content = bytearray(array.getvalue())
    content[at : at + len(noise)] = noise
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("images.npy", bytes(content))
    try:
        assert open_npz(file, "clothes.npz").images.ndim == 3
    except BadDataFile as error:
        assert "clothes.npz" in str(error)


def test_a_pair_of_idx_files_is_opened_the_same_way() -> None:
    def pair() -> tuple[io.BytesIO, io.BytesIO]:
        return io.BytesIO(idx.encode(IMAGES)), io.BytesIO(idx.encode(LABELS.astype(np.uint8)))

    clothes = open_idx_pair(*pair(), "clothes", ("coat", "bag", "shoe"))
    np.testing.assert_array_equal(clothes.images, IMAGES)
    assert clothes.labels is not None
    np.testing.assert_array_equal(clothes.labels, LABELS)
    assert clothes.class_names == ("coat", "bag", "shoe")
    assert open_idx_pair(*pair(), "clothes").class_names == ("0", "1", "2")
    assert open_idx_pair(pair()[0], None, "clothes").labels is None
    with pytest.raises(BadDataFile, match="The file of images of clothes holds values with 1 axes; 3 wanted"):
        open_idx_pair(*reversed(pair()), "clothes")
    with pytest.raises(BadDataFile, match="clothes has 4 images but 2 labels"):
        open_idx_pair(pair()[0], io.BytesIO(idx.encode(np.zeros(2, np.uint8))), "clothes")
