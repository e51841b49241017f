"""One picture from the bytes of a file to the pixels that are shown: the same for the eye and the embedder.

PNG, JPEG and WebP; of several frames, the first. Turned as EXIF says, what is transparent on white, and at
most `SIDE` pixels a side. How many pixels a file has is looked at before any of them is decoded.
"""

import hashlib
import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from ipo.regular_files import read_regular

SIDE = 1024  # pixels of the longer side as it is shown
MOST_BYTES = 300_000_000  # of a file
MOST_PIXELS = 80_000_000  # less than what Pillow warns of
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")

_FORMATS = ("PNG", "JPEG", "WEBP")
_GAP = 2.0  # how many times larger than asked for a quick reduction leaves an image, before a good one
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)  # orientations that swap width and height
# What the plugins of Pillow, and zlib below them, raise for a file that is damaged.
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, OverflowError, struct.error, IndexError, KeyError)


@dataclass(frozen=True, eq=False)
class ShownPicture:
    """A picture as it is judged."""

    content: str  # sha256 of the file
    pixels: NDArray[np.uint8]  # (h, w, 3), h and w at most `SIDE`
    width: int  # of the picture in the file, in pixels, once it is turned
    height: int


def read_picture(path: Path) -> ShownPicture:
    """Raises `OSError` where the file cannot be read, `ValueError` that says what is wrong with it."""
    data = read_regular(path, MOST_BYTES)
    if not data:
        raise ValueError("the file is empty")
    with _opened(data) as image:
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise ValueError(_too_large(f"{width:,} × {height:,} pixels"))
        try:
            orientation = image.getexif().get(ExifTags.Base.Orientation)
            small = _on_white(_shrunk(image))
            turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
            pixels = np.asarray(small if turn is None else small.transpose(turn))
        except _DAMAGED as error:
            raise ValueError(f"the file is damaged: {error}") from error
    if orientation in _SIDEWAYS:
        width, height = height, width
    return ShownPicture(content_hash(data), pixels, width, height)


def content_hash(data: bytes) -> str:
    """What a picture is known by, wherever its file lies."""
    return hashlib.sha256(data).hexdigest()


def _opened(data: bytes) -> Image.Image:
    """The picture with nothing decoded but its header."""
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError:
        raise ValueError("it is no PNG, JPEG or WebP, whatever its name says") from None
    except Image.DecompressionBombError:
        raise ValueError(_too_large("far too many pixels")) from None
    except _DAMAGED as error:
        raise ValueError(f"the file is damaged: {error}") from error


def _too_large(size: str) -> str:
    return f"it has {size}; up to {MOST_PIXELS // 1_000_000} megapixels would be right"


def _shrunk(image: Image.Image) -> Image.Image:
    """The first frame at most `SIDE` pixels a side; a JPEG is decoded no larger than needed."""
    image.draft(None, (SIDE, SIDE))
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits a pixel, which Pillow would cut off
        levels = np.asarray(image).astype(np.float32) / 257
        image = Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))
    if image.mode not in ("RGB", "RGBA", "L"):
        transparent = "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info
        image = image.convert("RGBA" if transparent else "RGB")
    elif image.mode != "RGBA" and "transparency" in image.info:  # one colour of a PNG
        image = image.convert("RGBA")
    image.load()
    if max(image.size) > SIDE:
        image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=_GAP)
    return image


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")
