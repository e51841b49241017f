"""PNG bytes from and to arrays. An image is encoded once; the bytes are what is shown and what is saved."""

import hashlib
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"  # the last twelve bytes of every complete PNG


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode `(H, W, 3)`, or grey `(H, W)`, uint8 losslessly."""
    buffer = io.BytesIO()
    # Level 1: a third of the time of the default for a tenth more bytes, and bytes stay on this machine.
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def decode_png(png: bytes) -> NDArray[np.uint8]:
    """Decode to `(H, W, 3)` uint8. Raises `OSError` for a truncated, damaged or foreign file."""
    try:
        with Image.open(io.BytesIO(png)) as image:
            return np.asarray(image.convert("RGB"))
    except UnidentifiedImageError as error:
        raise OSError("not a sound PNG") from error  # Pillow would name the buffer
    except (SyntaxError, ValueError) as error:  # what Pillow raises for broken chunks
        raise OSError(f"not a sound PNG: {error}") from error


def decode_jpeg(jpeg: bytes, largest: int) -> NDArray[np.uint8]:
    """Decode to `(H, W, 3)` uint8. Raises `ValueError` for another file, and for a side beyond `largest`."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            if max(image.size) > largest:
                raise ValueError(f"the JPEG has {image.size} pixels; {largest} a side would be right")
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError) as error:
        raise ValueError("not a sound JPEG") from error


def png_size(png: bytes) -> tuple[int, int] | None:
    """Width and height that a PNG says it has, without decoding it; `None` for another file."""
    if png[:8] != b"\x89PNG\r\n\x1a\n" or png[12:16] != b"IHDR" or len(png) < 24:
        return None
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def thumbnail(png: bytes, side: int = 192, most: int = 10_000) -> bytes:
    """A JPEG as `shrunk_jpeg` makes it. Raises `OSError` for a file that is no sound PNG."""
    return shrunk_jpeg(decode_png(png), side, most)


def shrunk_jpeg(pixels: NDArray[np.uint8], side: int, most: int = 20_000) -> bytes:
    """A JPEG of `(H, W, 3)` uint8, of at most `side` pixels a side and, quality giving way, `most` bytes."""
    image = Image.fromarray(pixels, "RGB")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    for quality in (85, 75, 60, 45, 30, 15):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= most:
            break
    return buffer.getvalue()


def pixel_hash(pixels: NDArray[np.uint8]) -> str:
    """sha256 of the RGB pixels, row by row: equal exactly when the pictures are."""
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()
