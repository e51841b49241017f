"""How far the images of a request are: the answer to `GET /progress/{id}`, written there and read here."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter, with_config

from ipo import records

_ID = re.compile(r"[0-9a-f]{32}")
_MOST_BYTES = 4_000_000  # of an answer: 64 previews of 20 kB, and the third that base64 adds


@with_config(records.STRICT)
@dataclass(frozen=True)
class EncodedPreview:
    """How an image looks by now."""

    image: Annotated[int, Field(ge=0)]  # which one of the request, from 0
    jpeg: str  # base64


@with_config(records.STRICT)
@dataclass(frozen=True)
class DecodeProgress:
    """`version` is larger whenever something is another."""

    version: int
    fraction: Annotated[float, Field(ge=0, le=1)]  # of all images of the request
    message: Annotated[str, Field(max_length=200)]  # like “Step 2 of 4”; empty if the decoder does not say
    previews: tuple[EncodedPreview, ...]

    @classmethod
    def with_images(
        cls, version: int, fraction: float, message: str, previews: Mapping[int, bytes]
    ) -> "DecodeProgress":
        """`previews`: JPEGs by the image that they are of."""
        encoded = (
            EncodedPreview(image, base64.b64encode(jpeg).decode("ascii"))
            for image, jpeg in sorted(previews.items())
        )
        return cls(version, fraction, message[:200], tuple(encoded))

    def images(self) -> dict[int, bytes]:
        """JPEGs by the image that they are of. Raises `ValueError` for what is no base64."""
        try:
            return {one.image: base64.b64decode(one.jpeg, validate=True) for one in self.previews}
        except binascii.Error as error:
            raise ValueError(f"a preview is no base64: {error}") from error

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def parse_progress(content: bytes) -> DecodeProgress:
    """What `to_json` wrote. Raises `ValueError` for anything else."""
    return records.parse(content, _PROGRESS, "its progress", _MOST_BYTES)


def check_request_id(text: str) -> str:
    """The name that a client gives a request, to ask how far it is. Raises `ValueError` for another text."""
    if not _ID.fullmatch(text):
        raise ValueError("The id of a request has 32 hexadecimal digits, drawn at random by its client.")
    return text


_PROGRESS = TypeAdapter(DecodeProgress)
