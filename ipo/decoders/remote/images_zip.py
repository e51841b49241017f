"""Decoded images as a zip: `0.png`, `1.png`, …, and `answer.json`, which says who made them."""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.images import decode_png, png_size

ANSWER = "answer.json"
MEDIA_TYPE = "application/zip"

_MOST_ANSWER = 64 * 1024
_SLACK = 64 * 1024  # bytes of a PNG beside its pixels


def write(pngs: Sequence[bytes], answer: Mapping[str, Any]) -> bytes:
    """A zip of images; stored, since PNG is compressed already."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for number, png in enumerate(pngs):
            archive.writestr(zipfile.ZipInfo(f"{number}.png"), png)
        archive.writestr(zipfile.ZipInfo(ANSWER), json.dumps(answer))
    return buffer.getvalue()


def most_bytes(count: int, size: int) -> int:
    """What a zip of `count` images of `size` pixels a side has at most."""
    return count * (size * size * 3 + size + _SLACK) + 2 * _MOST_ANSWER


def read(content: bytes, count: int, size: int) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """The images `(count, size, size, 3)`, and the answer. Raises `ValueError` for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            answer = json.loads(_read(archive, ANSWER, _MOST_ANSWER))
            most = size * size * 3 + size + _SLACK
            pngs = [_read(archive, f"{number}.png", most) for number in range(count)]
        if not isinstance(answer, dict):
            raise ValueError(f"{ANSWER} is no object")
        for png in pngs:
            if png_size(png) != (size, size):
                raise ValueError(f"an image has {png_size(png)} pixels, not {size} a side")
        images = np.stack([decode_png(png) for png in pngs])
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        NotImplementedError,
        OSError,
        RuntimeError,
    ) as error:
        raise ValueError(f"no zip of {count} images: {error}") from error
    return images, answer


def _read(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with archive.open(name) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{name} has more than {most:,} bytes")
    return content
