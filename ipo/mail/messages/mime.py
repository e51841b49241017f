"""The parts of a message (MIME), as many as a person would send.

The parser of Python takes time for each part, and for each line as often as parts lie in each other: a
message of a few megabytes could take it hours.
"""

from email.message import Message
from email.parser import BytesParser
from email.policy import Policy, compat32
from typing import Any

MOST_PARTS = 1_000
MOST_DEPTH = 20  # parts in each other
MOST_LINES = 500_000  # 20 MB of base64 are 270,000


class BadMessage(ValueError):
    """Bytes that are no mail; the message says why."""


class _Part(Message):
    """A part that knows how deep it lies."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self._depth = 0

    def attach(self, payload: Any) -> None:
        payload._depth = self._depth + 1
        if payload._depth > MOST_DEPTH:
            raise BadMessage(f"its parts lie in each other more than {MOST_DEPTH} deep")
        super().attach(payload)


def read_mime(content: bytes) -> Message:
    """A message with its parts, a broken one as far as it goes.

    Raises `BadMessage` where it has more parts or more lines than would be read in a moment.
    """
    lines = content.count(b"\n")
    if lines > MOST_LINES:
        raise BadMessage(f"it has {lines:,} lines; up to {MOST_LINES:,} can be read")
    parts = -1  # the parser begins one on trial

    def begin_part(policy: Policy = compat32) -> _Part:
        nonlocal parts
        parts += 1
        if parts > MOST_PARTS:
            raise BadMessage(f"it has more than {MOST_PARTS:,} parts")
        return _Part(policy)

    return BytesParser(begin_part).parsebytes(content)
