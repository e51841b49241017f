"""One picture: what is shown of it, and what is said of a file that is none."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ipo.images import PNG_END
from ipo.pictures.reading import SIDE, read_picture
from tests.support.pictures import WARM, paint

CORNERS = np.zeros((20, 30, 3), np.uint8)
CORNERS[:10, :15], CORNERS[:10, 15:], CORNERS[10:, :15] = (250, 0, 0), (0, 250, 0), (0, 0, 250)


def corner(pixels: np.ndarray) -> list[int]:
    return [int(value) for value in pixels[2, 2]]


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "webp", "PNG", "JPG"])
def test_every_format_is_read_as_it_looks(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(CORNERS).save(path, quality=95)
    shown = read_picture(path)
    assert (shown.width, shown.height) == (30, 20) and shown.pixels.shape == (20, 30, 3)
    assert np.abs(shown.pixels[5, 5].astype(int) - (250, 0, 0)).max() < 30
    assert np.abs(shown.pixels[5, 25].astype(int) - (0, 250, 0)).max() < 30


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_a_picture_as_viewers_do(tmp_path: Path, orientation: int) -> None:
    upright = Image.fromarray(CORNERS)
    back = {
        1: (),
        2: (Image.Transpose.FLIP_LEFT_RIGHT,),
        3: (Image.Transpose.ROTATE_180,),
        4: (Image.Transpose.FLIP_TOP_BOTTOM,),
        5: (Image.Transpose.TRANSPOSE,),
        6: (Image.Transpose.ROTATE_90,),
        7: (Image.Transpose.TRANSVERSE,),
        8: (Image.Transpose.ROTATE_270,),
    }[orientation]
    stored = upright.transpose(back[0]) if back else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.png", exif=exif)
    shown = read_picture(tmp_path / "a.png")
    assert np.array_equal(shown.pixels, CORNERS)
    assert (shown.width, shown.height) == (30, 20)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    rgba = np.zeros((8, 8, 4), np.uint8)
    rgba[..., 0], rgba[:4, :, 3] = 200, 255
    Image.fromarray(rgba).save(tmp_path / "a.png")
    pixels = read_picture(tmp_path / "a.png").pixels
    assert pixels[0, 0].tolist() == [200, 0, 0] and pixels[7, 7].tolist() == [255, 255, 255]
    Image.fromarray(rgba).convert("P").save(tmp_path / "b.png", transparency=0)
    assert (255, 255, 255) in {
        tuple(pixel) for pixel in read_picture(tmp_path / "b.png").pixels.reshape(-1, 3)
    }


def test_grey_palette_cmyk_and_sixteen_bits_become_colours(tmp_path: Path) -> None:
    levels = np.linspace(0, 255, 64).astype(np.uint8).reshape(8, 8)
    Image.fromarray(levels).save(tmp_path / "grey.png")
    assert np.array_equal(read_picture(tmp_path / "grey.png").pixels[..., 1], levels)
    Image.fromarray(levels.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    assert np.array_equal(read_picture(tmp_path / "deep.png").pixels[..., 2], levels)
    Image.fromarray(CORNERS).convert("CMYK").save(tmp_path / "print.jpg", quality=95)
    assert np.abs(read_picture(tmp_path / "print.jpg").pixels[5, 5].astype(int) - (250, 0, 0)).max() < 40


def test_a_large_picture_is_shown_small_and_says_its_size(tmp_path: Path) -> None:
    paint(tmp_path / "a.jpg", WARM, 0, (2600, 1300))
    shown = read_picture(tmp_path / "a.jpg")
    assert shown.pixels.shape == (SIDE // 2, SIDE, 3) and (shown.width, shown.height) == (2600, 1300)


def test_a_picture_of_a_row_of_pixels_stays_one(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((1, 5000, 3), np.uint8)).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png").pixels.shape == (1, SIDE, 3)


def problem(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(ValueError) as raised:
        read_picture(path)
    return str(raised.value)


def test_files_that_are_no_pictures_are_named_for_what_they_are(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(buffer, "JPEG")
    jpeg = buffer.getvalue()
    path = tmp_path / "a.jpg"
    assert problem(path, b"dear diary") == "it is no PNG, JPEG or WebP, whatever its name says"
    assert problem(path, b"") == "the file is empty"
    assert "damaged" in problem(path, jpeg[: len(jpeg) // 2])
    assert "damaged" in problem(path, jpeg[:4]) or "no PNG" in problem(path, jpeg[:4])


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + PNG_END


@pytest.mark.parametrize("side", [9_000, 17_400])  # 81 and 303 megapixels
def test_a_picture_of_300_megapixels_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    said = problem(tmp_path / "a.png", png_that_claims(side, side))
    assert said.endswith("up to 80 megapixels would be right")


def test_any_bytes_are_a_picture_or_a_sentence(tmp_path: Path) -> None:
    """Flipped bytes anywhere in a file raise nothing but what `read_picture` promises."""
    rng = np.random.default_rng(1)
    for suffix in ("png", "jpg", "webp"):
        content = paint(tmp_path / f"a.{suffix}", WARM, 3).read_bytes()
        for _ in range(40):
            damaged = bytearray(content)
            for place in rng.integers(0, len(content), 3):
                damaged[place] = int(rng.integers(256))
            (tmp_path / "b").write_bytes(bytes(damaged))
            try:
                assert read_picture(tmp_path / "b").pixels.shape[2] == 3
            except ValueError as error:
                assert str(error)
