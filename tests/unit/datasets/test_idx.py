"""Promises of IDX files: what was written is read back, and whatever is wrong is said in words."""

import gzip
import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from ipo.datasets import idx
from ipo.datasets.errors import BadDataFile

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def read(content: bytes, axes: int = 3) -> np.ndarray:
    return idx.read(io.BytesIO(content), "digits.idx", axes)


@given(arrays(np.uint8, array_shapes(min_dims=1, max_dims=4, max_side=6)), st.booleans())
def test_what_was_written_is_read_back(values: np.ndarray, gzipped: bool) -> None:
    content = idx.encode(values)
    assert len(content) == idx.encoded_size(values.shape)
    back = read(gzip.compress(content) if gzipped else content, values.ndim)
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, values)


def test_the_bytes_are_those_of_the_official_format() -> None:
    assert idx.encode(np.array([5, 0, 4], np.uint8)) == bytes.fromhex("00000801 00000003 050004")


def header(*lengths: int, kind: int = 0x08) -> bytes:
    return bytes([0, 0, kind, len(lengths)]) + struct.pack(f">{len(lengths)}I", *lengths)


IMAGES_START = "An IDX file of images starts with 00 00 08 03."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", f"digits.idx is not an IDX file: it is empty. {IMAGES_START}"),
        (b"\x89PNG\r\n", f"digits.idx is not an IDX file: it begins with 89 50 4e 47. {IMAGES_START}"),
        (b"\0\0\x08", f"digits.idx is not an IDX file: it begins with 00 00 08. {IMAGES_START}"),
        (header(2, 3, 4, kind=0x0D), f"digits.idx holds float32; unsigned bytes are wanted. {IMAGES_START}"),
        (
            header(2, 3, 4, kind=0x77),
            f"digits.idx holds the unknown type 0x77; unsigned bytes are wanted. {IMAGES_START}",
        ),
        (header(2), f"digits.idx holds values with 1 axes; 3 wanted. {IMAGES_START}"),
        (header(2, 3, 4)[:10], "digits.idx ends within its header: a part is missing."),
        (
            header(0, 28, 28),
            "digits.idx should have from 1 to 1,073,741,824 values; its header says (0, 28, 28).",
        ),
        (
            header(2**32 - 1, 2**32 - 1, 2**32 - 1),
            "digits.idx should have from 1 to 1,073,741,824 values; "
            "its header says (4294967295, 4294967295, 4294967295).",
        ),
        (
            idx.encode(IMAGES)[:-4],
            "digits.idx ends after 20 of the 24 values that its header promises: a part is missing.",
        ),
        (
            idx.encode(IMAGES) + b"\0",
            "digits.idx goes on after the 24 values that its header promises: "
            "it is damaged, or another kind of file.",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_what_would_be_right(content: bytes, message: str) -> None:
    for packed in (content, gzip.compress(content)):
        with pytest.raises(BadDataFile) as error:
            read(packed)
        assert str(error.value) == message


def test_a_gzip_that_was_cut_short_says_so() -> None:
    packed = gzip.compress(idx.encode(IMAGES))
    for cut in range(2, len(packed)):
        with pytest.raises(BadDataFile, match=r"digits\.idx is damaged or cut short: it cannot be unpacked"):
            read(packed[:cut])


def test_labels_given_as_images_are_told_apart() -> None:
    with pytest.raises(BadDataFile, match="An IDX file of labels starts with 00 00 08 01"):
        read(idx.encode(IMAGES), axes=1)


@given(st.binary(max_size=64) | st.binary(max_size=40).map(lambda tail: idx.encode(IMAGES)[:12] + tail))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for packed in (content, gzip.compress(content), gzip.compress(content)[:-5] + content):
        try:
            assert read(packed).ndim == 3
        except BadDataFile as error:
            assert str(error).startswith("digits.idx")
