"""Promises of PNG bytes: lossless, and clear about what is no image."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from ipo.images import PNG_END, decode_png, encode_png, pixel_hash, thumbnail

Pixels = NDArray[np.uint8]
pixels = arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3)))


def noise(side: int = 24) -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)


@given(image=pixels)
def test_an_image_comes_back_as_it_was(image: Pixels) -> None:
    png = encode_png(image)
    again = decode_png(png)
    assert again.dtype == np.uint8 and np.array_equal(again, image)
    assert png.endswith(PNG_END)


@given(image=pixels)
def test_the_same_pixels_give_the_same_bytes(image: Pixels) -> None:
    assert encode_png(image) == encode_png(image.copy())


def test_a_view_is_encoded_as_what_it_shows() -> None:
    image = noise()
    assert np.array_equal(decode_png(encode_png(image[::2, ::-1])), image[::2, ::-1])


def test_an_image_cut_short_raises_os_error() -> None:
    png = encode_png(noise())
    for length in range(len(png) - 20):  # after that every pixel is there
        with pytest.raises(OSError):
            decode_png(png[:length])


def test_a_flipped_byte_anywhere_raises_os_error_or_still_gives_an_image() -> None:
    png = encode_png(noise())
    for place in range(len(png)):
        spoilt = bytearray(png)
        spoilt[place] ^= 0x55
        try:
            assert decode_png(bytes(spoilt)).shape[2] == 3
        except OSError:
            continue


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a"])
def test_what_is_no_image_raises_os_error(content: bytes) -> None:
    with pytest.raises(OSError):
        decode_png(content)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_other_kinds_of_png_become_rgb(mode: str) -> None:
    buffer = io.BytesIO()
    Image.fromarray(noise(8)).convert(mode).save(buffer, "PNG")
    assert decode_png(buffer.getvalue()).shape == (8, 8, 3)


def test_a_pixel_hash_is_equal_exactly_when_the_pixels_are() -> None:
    image = noise()
    changed = image.copy()
    changed[-1, -1, -1] ^= 1
    assert pixel_hash(image) == pixel_hash(decode_png(encode_png(image)))
    assert pixel_hash(image) == pixel_hash(np.asfortranarray(image))
    assert len({pixel_hash(image), pixel_hash(changed), pixel_hash(image[::-1])}) == 3


@pytest.mark.parametrize("side", [64, 192, 448, 1000])
def test_a_thumbnail_is_at_most_10_kb_and_192_pixels_even_of_noise(side: int) -> None:
    jpeg = thumbnail(encode_png(noise(side)))
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.format == "JPEG" and image.size == (min(side, 192), min(side, 192))
    assert len(jpeg) <= 10_000


def test_a_thumbnail_looks_like_its_image() -> None:
    rise = np.linspace(0, 255, 448).astype(np.uint8)
    pixels = np.stack([np.broadcast_to(rise, (448, 448))] * 3, axis=2)
    with Image.open(io.BytesIO(thumbnail(encode_png(pixels)))) as image:
        levels = np.asarray(image.convert("L"), np.int16)[96]
    assert np.abs(levels - np.linspace(0, 255, 192)).max() < 8
