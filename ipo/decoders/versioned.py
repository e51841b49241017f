"""Decoders that are trained further: every state of the weights is a decoder of its own.

Its name is `family-0123456789abcdef`, the family and the beginning of its weights' sha256. Weights that a
session was begun with are stored in the project folder, so that its images can be decoded again, bit for bit,
whatever the model has learnt since.
"""

import re
from pathlib import Path
from typing import Protocol

from ipo.decoders.protocol import Decoder

DIGITS = 16  # hexadecimal ones, of the sha256 in a name

_NAME = re.compile(rf"([a-z_]+)-([0-9a-f]{{{DIGITS}}})")


class NoModel(ValueError):
    """There is nothing to decode with. The message says what would be right."""


class DecoderFamily(Protocol):
    """One model in all states that were stored of it."""

    says: str  # what its prompts mean, in a sentence

    def source(self, home: Path) -> Path:
        """The file that weights are taken from. When it is another, there are newer ones."""

    def store(self, home: Path) -> str:
        """Store the weights as they are now; the name of their decoder. Slow. Raises `NoModel`."""

    def open(self, home: Path, name: str) -> Decoder:
        """The decoder of stored weights. Raises `ValueError` where they are not there, or damaged."""


def mtime_stamp(path: Path) -> int:
    """Another number for another content; −1 where there is no file."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return -1


def name_of(family: str, sha256: str) -> str:
    """The decoder of some weights."""
    return f"{family}-{sha256[:DIGITS]}"


def family_of(name: str) -> str:
    """The family of a decoder; its own name if it has none."""
    found = _NAME.fullmatch(name)
    return found[1] if found else name
